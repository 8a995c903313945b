// The time bar of a replay: where it is, what happened when, how fast it goes.

import type { App } from '../app';
import { h, setText } from '../dom';
import { clockOf, dateOf } from '../words';
import type { Panel } from './panel';

const SPEEDS = [0.1, 0.5, 1, 2, 5, 10, 30, 100, 1001];

export function timeBar(app: App): Panel & { track: HTMLElement } {
  const command = (replay: Record<string, unknown>) => void app.command({ replay });
  const slider = h('input', { type: 'range', min: 0, max: 1000, step: 'any', class: 'time' });
  const marks = h('div', { class: 'marks', 'aria-hidden': 'true' });
  const now = h('output', { class: 'now' });
  const ends = [h('span'), h('span')] as const;
  const play = h('button', {
    type: 'button',
    onclick: () => command({ playing: !app.status?.replaying?.playing }),
  });
  const back = h('button', { type: 'button', onclick: () => command({ step: 'back' }) });
  const scan = h('button', { type: 'button', onclick: () => command({ step: 'scan' }) });
  const alert = h('button', { type: 'button', onclick: () => command({ step: 'alert' }) });
  const ship = h('button', {
    type: 'button',
    onclick: () => command({ step: 'track', track: app.selected }),
  });
  const speed = h('select', { onchange: () => command({ speed: Number(speed.value) }) });
  speed.append(...SPEEDS.map((times) => h('option', { value: times })));
  let isHeld = false;
  slider.addEventListener('pointerdown', () => {
    isHeld = true;
  });
  slider.addEventListener('change', () => {
    isHeld = false;
    const replaying = app.status?.replaying;
    if (!replaying) return;
    const part = Number(slider.value) / 1000;
    command({ seek_us: Math.round(replaying.fromUs + part * (replaying.toUs - replaying.fromUs)) });
  });
  const track = h('div', { class: 'bar' }, marks, slider);
  const element = h(
    'section',
    { class: 'time-bar' },
    h('div', { class: 'controls' }, back, play, scan, alert, ship, speed, now),
    h('div', { class: 'span' }, ends[0], track, ends[1]),
  );
  /** When alerts were raised, as far as this page has seen. */
  const seen = new Map<number, { at: number; priority: string }>();
  app.on('things', () => {
    if (!app.status?.welcome?.replay) return;
    for (const { id, raisedUs, priority } of app.things.alerts) seen.set(id, { at: raisedUs, priority });
  });
  return {
    element,
    track,
    update: () => {
      const { words, status } = app;
      const replaying = status?.replaying;
      element.hidden = !replaying;
      if (!replaying) return;
      const { fromUs, toUs } = replaying;
      const length = Math.max(1, toUs - fromUs);
      if (!isHeld) slider.value = String(((app.nowUs() - fromUs) / length) * 1000);
      slider.setAttribute('aria-label', words.replay);
      setText(now, `${dateOf(app.nowUs())} ${clockOf(app.nowUs(), false)} ${words.utc}`);
      setText(ends[0], clockOf(fromUs, false));
      setText(ends[1], clockOf(toUs, false));
      setText(play, replaying.playing ? `❚❚ ${words.pause}` : `▶ ${words.play}`);
      setText(back, `◀ ${words.back}`);
      setText(scan, words.stepScan);
      setText(alert, words.stepAlert);
      setText(ship, words.stepTrack);
      ship.disabled = app.selected === undefined;
      speed.setAttribute('aria-label', words.speed);
      [...speed.options].forEach((option, index) => {
        const times = SPEEDS[index] ?? 1;
        setText(option, times > 1000 ? words.fast : `×${times}`);
      });
      if (document.activeElement !== speed) {
        speed.value = String(SPEEDS.find((times) => Math.abs(times - replaying.speed) < 0.01) ?? 1001);
      }
      marks.replaceChildren(
        ...[...seen.values()]
          .filter(({ at }) => at >= fromUs && at <= toUs)
          .map(({ at, priority }) => {
            const mark = h('i', { class: priority });
            mark.style.left = `${((at - fromUs) / length) * 100}%`;
            return mark;
          }),
      );
    },
  };
}
