// What the configuration draws, and typhoons: no part of the feed, and asked for again and again, as there is news of
// storms, and as a replay is elsewhere in time.

import type { App } from '../app';

const LIVE_MS = 10_000;
const LOOK_MS = 1000;

export function follow(app: App, address: string, show: (areas: unknown) => void): void {
  let [before, askedAt, shownUs] = ['', Number.NEGATIVE_INFINITY, Number.NaN];
  const ask = async () => {
    const isReplay = app.status?.welcome?.replay === true;
    const timeUs = app.status?.timeUs ?? 0;
    const isDue = isReplay ? timeUs !== shownUs : performance.now() - askedAt >= LIVE_MS;
    if (!isDue || app.isStale) return;
    [askedAt, shownUs] = [performance.now(), timeUs];
    try {
      const answer = await fetch(address);
      if (!answer.ok) return;
      const text = await answer.text();
      // A chart that is told the same again is drawn again.
      if (text !== before) show(JSON.parse(text));
      before = text;
    } catch {
      // It is asked again.
    }
  };
  void ask();
  setInterval(() => void ask(), LOOK_MS);
}
