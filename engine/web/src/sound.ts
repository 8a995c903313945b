// Alarms and warnings sound, each its own pattern. That nothing can be heard is always to be seen.

import type { Alert } from './feed/messages';

/** Frequencies of one call, hertz, a tenth of a second each; 0 is a rest. And how often it comes, milliseconds. */
const CALLS = {
  emergency: { tones: [1400, 1000, 1400, 1000, 1400, 1000], every: 2000 },
  alarm: { tones: [880, 880, 0, 660, 660], every: 4000 },
  warning: { tones: [520, 0, 520], every: 10_000 },
} as const;
type Call = keyof typeof CALLS;

export class Sound {
  #context: AudioContext | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;
  #last: Call | undefined;
  isWanted: boolean;

  constructor(isWanted: boolean) {
    this.isWanted = isWanted;
  }

  /** A browser lets a page sound only after a person has touched it, or where its kiosk is told so. */
  allow(): void {
    this.#context ??= new AudioContext();
    void this.#context.resume();
  }

  get state(): 'on' | 'muted' | 'blocked' {
    if (!this.isWanted) return 'muted';
    return this.#context?.state === 'running' ? 'on' : 'blocked';
  }

  /** Looks at what is there, and calls where it is time. */
  tick(alerts: readonly Alert[], nowMs: number): Call | undefined {
    const heard = alerts.filter(
      (alert) => alert.sounding && (alert.state === 'active' || alert.state === 'rectified'),
    );
    const call = (Object.keys(CALLS) as Call[]).find((call) =>
      heard.some((alert) => alert.priority === call),
    );
    if (!call) {
      this.#last = undefined;
      return undefined;
    }
    if (call === this.#last && nowMs - this.#lastAt < CALLS[call].every) return call;
    this.#last = call;
    this.#lastAt = nowMs;
    if (this.state === 'on') this.#play(CALLS[call].tones);
    return call;
  }

  #play(tones: readonly number[]): void {
    const context = this.#context;
    if (!context) return;
    tones.forEach((frequency, index) => {
      if (frequency === 0) return;
      const [from, to] = [context.currentTime + index * 0.12, context.currentTime + index * 0.12 + 0.1];
      const tone = new OscillatorNode(context, { type: 'square', frequency });
      const volume = new GainNode(context, { gain: 0 });
      volume.gain.setValueAtTime(0, from);
      volume.gain.linearRampToValueAtTime(0.15, from + 0.01);
      volume.gain.setValueAtTime(0.15, to - 0.02);
      volume.gain.linearRampToValueAtTime(0, to);
      tone.connect(volume).connect(context.destination);
      tone.start(from);
      tone.stop(to);
    });
  }
}
