// Traffic in figures, with charts that are small.

import type { App } from '../app';
import { bars, h, setText, spark } from '../dom';
import { frame, type Panel } from './panel';
import { DOINGS, type Tally } from './tally';

const HOUR_POINTS = 120;
const POINT_MS = 30_000;
/** Of EEMUA 191: what an operator can take, alerts in ten minutes. */
const ALERTS_PER_10_MIN = 1;

export function statistics(app: App, tallied: () => Tally | undefined): Panel {
  const tiles = h('div', { class: 'tiles' });
  const speeds = h('div', { class: 'chart' });
  const sources = h('div', { class: 'chart' });
  const targets = h('div', { class: 'chart' });
  const alerts = h('div', { class: 'chart' });
  const { element, retitle } = frame(
    'statistics',
    () => app.words.traffic,
    tiles,
    sources,
    speeds,
    targets,
    alerts,
  );
  const counts: number[] = [];
  const raised: { at: number }[] = [];
  const rates: number[] = [];
  let sampledAt = Number.NEGATIVE_INFINITY;
  const seen = new Set<number>();
  app.on('things', () => {
    for (const { id, raisedUs, sounding } of app.things.alerts) {
      if (seen.has(id) || !sounding) continue;
      seen.add(id);
      raised.push({ at: raisedUs });
    }
  });

  const sample = (total: number): void => {
    const now = performance.now();
    const nowUs = app.nowUs();
    while (raised.length > 0 && (raised[0]?.at ?? 0) < nowUs - 3600e6) raised.shift();
    const rate = raised.filter(({ at }) => at > nowUs - 600e6).length;
    // The newest point is always what is now.
    if (counts.length > 0 && now - sampledAt < POINT_MS) {
      counts[counts.length - 1] = total;
      rates[rates.length - 1] = rate;
      return;
    }
    sampledAt = now;
    if (counts.length === 0) {
      counts.push(total);
      rates.push(rate);
    }
    counts.push(total);
    rates.push(rate);
    for (const list of [counts, rates]) if (list.length > HOUR_POINTS) list.shift();
  };

  return {
    element,
    update: () => {
      retitle();
      const figures = tallied();
      if (!figures) return;
      const { words } = app;
      sample(figures.total);
      if (tiles.childElementCount === 0) {
        tiles.append(...DOINGS.map(() => h('div', { class: 'tile' }, h('strong'), h('span'))));
      }
      DOINGS.forEach((doing, index) => {
        const tile = tiles.children[index];
        const [number, word] = [tile?.children[0], tile?.children[1]] as (HTMLElement | undefined)[];
        if (number) setText(number, String(figures.doings[doing]));
        if (word) setText(word, words[doing]);
      });
      const { ais, radar, fused, beidou } = figures.heard;
      const chart = (box: HTMLElement, title: string, content: Element) =>
        box.replaceChildren(h('h3', {}, title), content);
      chart(
        sources,
        words.bySource,
        bars([
          [words.fused, fused],
          [words.ais, ais],
          [words.radar, radar],
          [words.beidou, beidou],
        ]),
      );
      chart(speeds, words.bySpeed, bars(figures.speeds));
      chart(targets, `${words.targetsOverTime}: ${figures.total}`, spark(counts));
      chart(alerts, `${words.alertsOverTime}: ${rates.at(-1) ?? 0}`, spark(rates, ALERTS_PER_10_MIN));
    },
  };
}
