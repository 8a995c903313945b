import { expect, test } from 'vitest';
import type { Replaying } from '../src/feed/messages';
import { Playback } from '../src/playback';

/** Told at an instant of the replay, so many milliseconds late; the page's clock is 500 s behind. */
function told(ms: number, late: number, more: Partial<Replaying> = {}): Replaying {
  const [clockUs, heardAt] = [1e12 + ms * 1000, 500_000 + ms + late];
  return { timeUs: 0, fromUs: 0, toUs: 0, speed: 1, playing: true, clockUs, heardAt, ...more };
}

test('what comes late does not put the clock back, and one that was sent elsewhere goes there', () => {
  const playback = new Playback();
  expect(playback.at(0)).toBeUndefined();
  for (const [second, late] of [12, 3, 250, 40, 3].entries()) playback.hear(told(second * 1000, late));
  // The same, told again by other news.
  playback.hear(told(4000, 3));
  expect(playback.at(510_000)).toBe(1e12 + 10_000_000 - 3000);
  const sent = told(60_000, 20, { clockUs: 2e12 });
  playback.hear(sent);
  expect(playback.at(560_020)).toBe(2e12);
  playback.hear({ ...sent, speed: 2 });
  expect(playback.at(560_020)).toBeUndefined();
  playback.hear(told(0, 0, { playing: false }));
  expect(playback.at(560_020)).toBeUndefined();
});

test('a sender that is slower is followed within seconds', () => {
  const playback = new Playback();
  for (let second = 0; second < 30; second++) playback.hear(told(second * 999, second));
  const [shown, exact] = [playback.at(529_000) ?? 0, 1e12 + 29 * 999_000];
  expect(Math.abs(shown - exact)).toBeLessThan(10_000);
});
