// What the page knows: the feed's state, who is in which slot, what is selected. Panels read it and ask it to act.

import type { Alert, Answer, Track } from './feed/messages';
import type { Brief, Event, Things } from './feed/picture';
import type { Frame, Status, ToPage, ToWorker } from './feed/wire';
import type { Options } from './options';
import { Playback } from './playback';
import { type Words, wordsOf } from './words';

/** As a worker's `clock`, milliseconds. */
export const clockMs = (): number => performance.timeOrigin + performance.now();

/** A feed that is silent for this long looks broken: more than two heartbeats, so that three seconds are enough to show it. */
export const STALE_MS = 2300;
const MOST_EVENTS = 120;
const ANSWER_MS = 5000;
/** FEED.md: no token, or one that is not known. */
const UNKNOWN_CALLER = 401;

/** What the server says of itself at `/wall.json`. */
export interface Place {
  title: string;
  title_zh: string;
  center: [number, number];
  zoom: number;
  port: { center: [number, number]; radius_m: number } | null;
  chart: { url: string; kind: 'geojson' | 'raster'; max_zoom: number | null; note: string | null };
  version: string;
  /** People sign in here. */
  people?: boolean;
  /** Of a replay: the configuration whose picture is beside the recorded one. */
  beside?: string;
  /** Of a replay: there is a page of its figures. */
  figures?: boolean;
}

export type Change = 'status' | 'frame' | 'things' | 'select' | 'detail' | 'options';

export class App {
  status: Status | undefined;
  readonly briefs = new Map<number, Brief>();
  readonly slots = new Map<number, number>();
  things: Things = { alerts: [], cells: [], zones: [], units: [], cameras: [], sensors: [], pictures: [] };
  readonly events: Event[] = [];
  selected: number | undefined;
  detail: { track: Track | undefined; trail: number[]; id: number } | undefined;
  readonly speeds: number[] = [];
  isWhole = false;
  refusal: string | undefined;
  /** The server has asked who this is. */
  isStranger = false;
  /** Moves the map there; set by the map. */
  fly: (lat: number, lon: number, zoom?: number) => void = () => {};
  /** Where a slot is drawn now; set by the map. */
  whereIs: (slot: number) => { lat: number; lon: number } | undefined = () => undefined;
  onFrame: (frame: Frame) => void = () => {};
  readonly #worker: Worker;
  readonly #listeners: [Change, () => void][] = [];
  readonly #asked = new Map<string, (answer: Answer) => void>();
  readonly #playback = new Playback();
  #isWaiting = false;

  constructor(
    readonly options: Options,
    readonly place: Place,
    /** Where its feed is. */
    readonly feed: 'feed' | 'feed/beside' = 'feed',
  ) {
    this.#worker = new Worker(new URL('./feed/worker.ts', import.meta.url), { type: 'module' });
    this.#worker.onmessage = ({ data }: MessageEvent<ToPage>) => this.#take(data);
    this.open(options.token);
  }

  get words(): Words {
    return wordsOf(this.options.lang);
  }

  open(token: string | undefined): void {
    this.options.token = token;
    this.refusal = undefined;
    this.isStranger = false;
    const address = new URL(this.feed, document.baseURI);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    this.#tell({ kind: 'open', address: address.href, token });
  }

  on(change: Change, then: () => void): void {
    this.#listeners.push([change, then]);
  }

  say(change: Change): void {
    for (const [kind, then] of this.#listeners) if (kind === change) then();
  }

  #tell(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** Asks for what has changed, unless that was asked and has not come. */
  ask(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#tell({ kind: 'frame' });
  }

  #take(message: ToPage): void {
    switch (message.kind) {
      case 'status':
        if (message.state === 'live') {
          this.refusal = undefined;
          this.isStranger = false;
        }
        this.status = message;
        this.#playback.hear(message.replaying);
        this.say('status');
        break;
      case 'frame':
        this.#isWaiting = false;
        this.#frame(message);
        break;
      case 'detail':
        if (message.id !== this.selected) break;
        this.detail = message;
        this.#remember(message.track);
        this.say('detail');
        break;
      case 'answer':
        this.#asked.get(message.answer.id)?.(message.answer);
        this.#asked.delete(message.answer.id);
        break;
      case 'refused':
        this.refusal = message.text;
        this.isStranger = message.code === UNKNOWN_CALLER;
        this.say('status');
        break;
    }
  }

  #frame(frame: Frame): void {
    for (const brief of frame.briefs) {
      const before = this.briefs.get(brief.slot);
      if (before && before.id !== brief.id && this.slots.get(before.id) === brief.slot)
        this.slots.delete(before.id);
      if (brief.id === 0) {
        this.briefs.delete(brief.slot);
      } else {
        this.briefs.set(brief.slot, brief);
        this.slots.set(brief.id, brief.slot);
      }
    }
    this.isWhole = frame.isWhole;
    if (frame.events.length > 0) {
      this.events.unshift(...frame.events.reverse());
      this.events.length = Math.min(this.events.length, MOST_EVENTS);
    }
    this.onFrame(frame);
    this.say('frame');
    if (Object.keys(frame.things).length > 0 || frame.events.length > 0) {
      Object.assign(this.things, frame.things);
      this.say('things');
    }
  }

  #remember(track: Track | undefined): void {
    if (track?.sogKn === undefined) return;
    this.speeds.push(track.sogKn);
    if (this.speeds.length > 300) this.speeds.shift();
  }

  select(id: number | undefined): void {
    if (this.selected === id) return;
    this.selected = id;
    this.detail = undefined;
    this.speeds.length = 0;
    this.#tell({ kind: 'watch', track: id });
    this.say('select');
  }

  /** Now, in event time, as the newest heartbeat and the clock since tell. */
  nowUs(): number {
    const { status } = this;
    if (!status) return Date.now() * 1000;
    // Sound and picture go by one clock.
    const clockUs = this.radioUs();
    if (clockUs !== undefined) return clockUs;
    const since = Math.max(0, clockMs() - status.beatAt);
    const { replaying } = status;
    const rate = replaying ? (replaying.playing ? replaying.speed : 0) : 1;
    // A feed that is gone does not move the picture on for ever.
    return status.timeUs + Math.min(since, 5000) * 1000 * rate;
  }

  /** What the clock of a replay shows: sound is played to it. `undefined` where nothing is replayed as fast as it was. */
  radioUs(): number | undefined {
    return this.isStale ? undefined : this.#playback.at(clockMs());
  }

  /** How long nothing has been heard, milliseconds. */
  silentMs(): number {
    return this.status && this.status.beatAt > 0 ? clockMs() - this.status.beatAt : Number.POSITIVE_INFINITY;
  }

  get isStale(): boolean {
    return this.silentMs() > STALE_MS;
  }

  get mayAct(): boolean {
    const role = this.status?.welcome?.role;
    return role === 'operator' || role === 'supervisor';
  }

  nameOf(id: number): string {
    const slot = this.slots.get(id);
    const brief = slot === undefined ? undefined : this.briefs.get(slot);
    return brief ? this.nameOfBrief(brief) : `${this.words.track} ${id}`;
  }

  nameOfBrief(brief: Brief): string {
    return brief.name || (brief.mmsi !== undefined ? String(brief.mmsi) : `U ${brief.id}`);
  }

  textOf(alert: Alert): string {
    return (this.options.lang === 'zh' && alert.textZh) || alert.textEn;
  }

  /** Does what an operator can do, and says what came of it. */
  command(body: Record<string, unknown>): Promise<Answer> {
    const id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(16).slice(2)}`;
    const answered = new Promise<Answer>((resolve) => {
      this.#asked.set(id, resolve);
      setTimeout(() => {
        if (this.#asked.delete(id)) resolve({ id, code: 503, text: 'no answer' });
      }, ANSWER_MS);
    });
    this.tell({ command: { id, ...body } });
    return answered;
  }

  /** Says something to the engine. */
  tell(message: Record<string, unknown>): void {
    this.#tell({ kind: 'say', message });
  }
}
