// What the page and its worker say to each other.

import type { Answer, Heartbeat, Replaying, Track, Welcome } from './messages';
import type { Brief, Event, Things } from './picture';

export type ToWorker =
  | { kind: 'open'; address: string; token: string | undefined }
  | { kind: 'frame' }
  | { kind: 'watch'; track: number | undefined }
  | { kind: 'say'; message: unknown };

export interface Counts {
  tracks: number;
  marks: number;
  received: number;
  refused: number;
  undrawn: number;
}

export interface Status {
  kind: 'status';
  state: 'connecting' | 'live' | 'lost' | 'silent';
  welcome: Welcome | undefined;
  heartbeat: Heartbeat | undefined;
  replaying: Replaying | undefined;
  /** Event time of the picture, and when (clock of page and worker, milliseconds) that was told. */
  timeUs: number;
  beatAt: number;
  counts: Counts;
}

export interface Frame {
  kind: 'frame';
  slots: Uint32Array<ArrayBuffer>;
  values: Float32Array<ArrayBuffer>;
  briefs: Brief[];
  things: Partial<Things>;
  events: Event[];
  /** What the times in `values` count from. */
  baseUs: number;
  isWhole: boolean;
}

export type ToPage =
  | Status
  | Frame
  | { kind: 'detail'; id: number; track: Track | undefined; trail: number[] }
  | { kind: 'answer'; answer: Answer }
  | { kind: 'refused'; text: string; code: number | undefined };
