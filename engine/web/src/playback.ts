// The clock of a replay as the page has it: what it is told comes late, never early, and how late it cannot know; the
// tellings that came soonest say it best.

import type { Replaying } from './feed/messages';

/** So many tellings, one a second, are remembered. */
const MOST = 10;
/** The replay was sent elsewhere. */
const ELSEWHERE_US = 300_000;

export class Playback {
  /** What the clock of the replay was ahead of the page's when it was told, microseconds. */
  #ahead: number[] = [];
  #heardAt = 0;

  /** Takes what was told last. */
  hear(replaying: Replaying | undefined): void {
    if (!replaying?.playing || replaying.speed !== 1) {
      this.#ahead = [];
      return;
    }
    if (replaying.heardAt === this.#heardAt) return;
    this.#heardAt = replaying.heardAt;
    const ahead = replaying.clockUs - replaying.heardAt * 1000;
    const [known] = this.#ahead;
    if (known !== undefined && Math.abs(ahead - known) > ELSEWHERE_US) this.#ahead = [];
    this.#ahead.push(ahead);
    if (this.#ahead.length > MOST) this.#ahead.shift();
  }

  /** What it shows at an instant of the page's clock, where it goes on as fast as it was. */
  at(nowMs: number): number | undefined {
    return this.#ahead.length > 0 ? Math.max(...this.#ahead) + nowMs * 1000 : undefined;
  }
}
