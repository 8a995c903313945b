// The traffic list: in, out, at anchor, shifting.

import type { App } from '../app';
import { h, Rows, setText } from '../dom';
import type { Brief } from '../feed/picture';
import { AT, STRIDE } from '../feed/slots';
import { shipType } from '../words';
import { frame, type Panel } from './panel';
import { DOINGS, type Doing, type Tally } from './tally';

const MOST_ROWS = 60;

export function trafficList(app: App, tallied: () => Tally | undefined, values: Float32Array): Panel {
  let chosen: Doing = 'inbound';
  const tabs = h('div', { class: 'tabs', role: 'tablist' });
  const list = h('ul', { class: 'traffic' });
  const { element, retitle } = frame('traffic-list', () => app.words.traffic, tabs, list);
  const buttons = DOINGS.map((doing) =>
    h('button', {
      type: 'button',
      role: 'tab',
      onclick: () => {
        chosen = doing;
        update();
      },
    }),
  );
  tabs.append(...buttons);
  const rows = new Rows<Brief>(
    list,
    (key) => {
      const go = () => {
        app.select(Number(key));
        const slot = app.slots.get(Number(key));
        const at = slot === undefined ? undefined : app.whereIs(slot);
        if (at) app.fly(at.lat, at.lon, 12.6);
      };
      return h(
        'li',
        {},
        h(
          'button',
          { type: 'button', onclick: go },
          h('span', { class: 'word' }),
          h('span', { class: 'what' }),
          h('span', { class: 'number' }),
        ),
      );
    },
    (row, brief) => {
      const [name, what, speed] = [...(row.firstElementChild?.children ?? [])] as HTMLElement[];
      if (!name || !what || !speed) return;
      setText(name, app.nameOfBrief(brief));
      setText(what, [shipType(app.words, brief.shipType), brief.destination].filter(Boolean).join(' → '));
      const mps = values[brief.slot * STRIDE + AT.speed] ?? -1;
      setText(speed, mps < 0 ? '' : `${((mps * 3600) / 1852).toFixed(1)} kn`);
    },
  );
  function update(): void {
    retitle();
    const figures = tallied();
    DOINGS.forEach((doing, index) => {
      const button = buttons[index];
      if (!button) return;
      setText(button, `${app.words[doing]} ${figures?.doings[doing] ?? ''}`);
      button.setAttribute('aria-selected', String(doing === chosen));
    });
    const briefs: Brief[] = [];
    for (const [slot, doing] of figures?.of ?? []) {
      const brief = app.briefs.get(slot);
      if (doing === chosen && brief) briefs.push(brief);
    }
    briefs.sort((a, b) => app.nameOfBrief(a).localeCompare(app.nameOfBrief(b)));
    rows.show(briefs.slice(0, MOST_ROWS), (brief) => String(brief.id));
  }
  return { element, update };
}
