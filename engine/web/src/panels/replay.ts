// The time bar of a replay: where it is, what happened when, how fast it goes.

import type { App } from '../app';
import { h, setText } from '../dom';
import { isObject, number, text } from '../feed/messages';
import { clockOf, dateOf } from '../words';
import type { Panel } from './panel';

const SPEEDS = [0.1, 0.5, 1, 2, 5, 10, 30, 100, 1001];
/** No more than so many are asked for. */
const MOST = 20_000;
/** Places on the bar. */
const PLACES = 1000;
const RANKS = ['caution', 'mark', 'warning', 'alarm', 'emergency'];

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
  /** Of all that is recorded, in a window of their own: that the picture goes on meanwhile. */
  const figures = h('a', { class: 'figures', target: '_blank', rel: 'noopener' });
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
    h('div', { class: 'controls' }, back, play, scan, alert, ship, speed, figures, now),
    h('div', { class: 'span' }, ends[0], track, ends[1]),
  );
  /** When alerts were raised: as the catalogue knew when the replay began, and as this page has seen since. */
  const seen = new Map<number, string>();
  let isAsked = false;
  let drawn = '';
  /** Several may be raised at the same instant: the worst of them is marked. */
  const note = (at: number, priority: string) => {
    const known = seen.get(at);
    if (known !== undefined && RANKS.indexOf(priority) <= RANKS.indexOf(known)) return;
    seen.set(at, priority);
    drawn = '';
  };
  const ask = async () => {
    isAsked = true;
    const answer = await fetch('events.json').catch(() => undefined);
    const told: unknown = answer?.ok ? await answer.json() : undefined;
    for (const it of Array.isArray(told) ? told.slice(0, MOST) : []) {
      const at = isObject(it) ? number(it.at_us, 0) : undefined;
      const priority = isObject(it) ? text(it.kind, 16) : undefined;
      if (at !== undefined && priority !== undefined) note(at, priority);
    }
  };
  app.on('things', () => {
    if (!app.status?.welcome?.replay) return;
    for (const { raisedUs, priority } of app.things.alerts) note(raisedUs, priority);
  });
  return {
    element,
    track,
    update: () => {
      const { words, status } = app;
      const replaying = status?.replaying;
      element.hidden = !replaying;
      if (!replaying) return;
      if (!isAsked) void ask();
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
      setText(figures, words.figures);
      figures.hidden = app.place.figures !== true;
      figures.setAttribute('href', `figures?from_us=${fromUs}&to_us=${toUs}&lang=${app.options.lang}`);
      ship.disabled = app.selected === undefined;
      speed.setAttribute('aria-label', words.speed);
      [...speed.options].forEach((option, index) => {
        const times = SPEEDS[index] ?? 1;
        setText(option, times > 1000 ? words.fast : `×${times}`);
      });
      if (document.activeElement !== speed) {
        speed.value = String(SPEEDS.find((times) => Math.abs(times - replaying.speed) < 0.01) ?? 1001);
      }
      const state = `${fromUs} ${toUs}`;
      if (state === drawn) return;
      drawn = state;
      // One mark to a place: the worst.
      const places = new Map<number, string>();
      for (const [at, priority] of seen) {
        if (at < fromUs || at > toUs) continue;
        const place = Math.round(((at - fromUs) / length) * PLACES);
        const known = places.get(place);
        if (known === undefined || RANKS.indexOf(priority) > RANKS.indexOf(known))
          places.set(place, priority);
      }
      marks.replaceChildren(
        ...[...places].map(([place, priority]) => {
          const mark = h('i', { class: priority });
          mark.style.left = `${(place / PLACES) * 100}%`;
          return mark;
        }),
      );
    },
  };
}
