import type { App } from '../app';
import { h, Rows, setText } from '../dom';
import type { Sensor } from '../feed/messages';
import { ago } from '../words';
import { frame, type Panel } from './panel';

const SIGN: Record<string, string> = { up: '●', silent: '✕', waiting: '○' };

export function sensorHealth(app: App): Panel {
  const list = h('ul', { class: 'sensors' });
  const { element, retitle } = frame('sensor-health', () => app.words.sensors, list);
  const rows = new Rows<Sensor>(
    list,
    () =>
      h(
        'li',
        {},
        h('span', { class: 'sign', 'aria-hidden': 'true' }),
        h('span', { class: 'word' }),
        h('span', { class: 'what' }),
        h('span', { class: 'number' }),
      ),
    (row, sensor) => {
      const { words } = app;
      row.className = sensor.state;
      const [sign, name, what, rate] = [...row.children] as HTMLElement[];
      if (!sign || !name || !what || !rate) return;
      setText(sign, SIGN[sensor.state] ?? '?');
      setText(name, sensor.name);
      const state = words.sensorState[sensor.state as keyof typeof words.sensorState] ?? sensor.state;
      const since =
        sensor.state === 'silent' && sensor.heardUs !== undefined
          ? ` ${words.since} ${ago((app.nowUs() - sensor.heardUs) / 1e6)}`
          : '';
      setText(what, state + since);
      setText(rate, `${sensor.rateHz.toFixed(1)}${words.perSecond}`);
    },
  );
  return {
    element,
    update: () => {
      retitle();
      rows.show(app.things.sensors, (sensor) => sensor.name);
    },
  };
}
