// The picture as the worker holds it: everything that the feed has said and not taken back. Pure: messages in,
// what has changed out; no socket, no clock.

import type {
  Alert,
  Camera,
  Cell,
  Cue,
  Heartbeat,
  Json,
  Mark,
  Replaying,
  Sensor,
  Track,
  Unit,
  Welcome,
  Zone,
} from './messages';
import * as read from './messages';
import { AT, HEARD, LOOK, mercator, pack, Slots, STRIDE, UNKNOWN } from './slots';

/** Past this many the rest is counted and not drawn. */
export const MOST_TARGETS = 60_000;
/** Places that a target was at, kept for its trail: one every `TRAIL_S`. */
export const TRAIL_POINTS = 30;
export const TRAIL_S = 20;
const MOST_EVENTS = 200;
const REBASE_S = 4 * 3600;
/** Of everything but tracks: a server that lies fills no memory. */
const MOST_THINGS = 50_000;

/** Marks stand in slots beside tracks, under numbers that no track has. */
const markId = (mmsi: number) => -1 - mmsi;

/** What a panel shows of every target. */
export interface Brief {
  slot: number;
  id: number;
  name: string | undefined;
  mmsi: number | undefined;
  imo: number | undefined;
  card: number | undefined;
  callsign: string | undefined;
  shipType: number | undefined;
  class: string | undefined;
  navStatus: number | undefined;
  destination: string | undefined;
}

export type Event =
  | { kind: 'alert'; timeUs: number; alert: Alert }
  | { kind: 'cue'; timeUs: number; cue: Cue }
  | { kind: 'gone'; timeUs: number; id: number; name: string; reason: string }
  | { kind: 'sensor'; timeUs: number; sensor: Sensor };

export interface Things {
  alerts: Alert[];
  cells: Cell[];
  zones: Zone[];
  units: Unit[];
  cameras: Camera[];
  sensors: Sensor[];
  pictures: read.Picture[];
}

export class Picture {
  readonly tracks = new Map<number, Track>();
  readonly marks = new Map<number, Mark>();
  readonly alerts = new Map<number, Alert>();
  readonly cells = new Map<string, Cell>();
  readonly zones = new Map<string, Zone>();
  readonly units = new Map<string, Unit>();
  readonly cameras = new Map<string, Camera>();
  readonly sensors = new Map<string, Sensor>();
  readonly pictures = new Map<string, read.Picture>();
  readonly trails = new Map<number, number[]>();
  readonly events: Event[] = [];
  readonly slots = new Slots(MOST_TARGETS);
  readonly values = new Float32Array(MOST_TARGETS * STRIDE);
  /** Slots that have changed since they were last taken, and whose names have. */
  readonly dirty = new Set<number>();
  readonly renamed = new Map<number, Brief>();
  changedThings = new Set<keyof Things>();
  welcome: Welcome | undefined;
  heartbeat: Heartbeat | undefined;
  replaying: Replaying | undefined;
  /** What the seconds of slots count from. */
  baseUs = 0;
  timeUs = 0;
  isWhole = false;
  /** Messages that made no sense, and targets that have no slot. */
  refused = 0;
  undrawn = 0;
  /** A count of the server's that is not ours: the picture is asked for again. */
  isOff = false;

  forget(): void {
    for (const id of [...this.slots.ids()]) this.#clear(id);
    for (const things of [
      this.tracks,
      this.marks,
      this.alerts,
      this.cells,
      this.zones,
      this.units,
      this.cameras,
      this.sensors,
      this.pictures,
      this.trails,
    ]) {
      things.clear();
    }
    this.events.length = 0;
    this.undrawn = 0;
    this.isWhole = false;
    for (const kind of KINDS) this.changedThings.add(kind);
  }

  /** Takes one message. Answers for commands are given back, for whoever asked. */
  apply(message: unknown): { answer?: read.Answer; error?: { text: string; code: number | undefined } } {
    if (!read.isObject(message)) return this.#refuse();
    const known = Object.keys(message).find((key) => Object.hasOwn(this.#takes, key));
    if (known === undefined) {
      if (read.isObject(message.answer)) {
        const answer = read.answer(message.answer);
        return answer ? { answer } : this.#refuse();
      }
      if (read.isObject(message.error)) {
        const { text, code } = message.error;
        return { error: { text: read.text(text, 200) ?? 'refused', code: read.number(code) } };
      }
      return {};
    }
    const body = message[known];
    const taken = read.isObject(body) && this.#takes[known]?.(body);
    return taken ? {} : this.#refuse();
  }

  #refuse(): Record<string, never> {
    this.refused += 1;
    return {};
  }

  readonly #takes: Record<string, (body: Json) => boolean> = {
    welcome: (body) => {
      const welcome = read.welcome(body);
      if (!welcome) return false;
      if (!welcome.resumed) this.forget();
      this.welcome = welcome;
      if (!welcome.resumed || this.baseUs === 0) this.baseUs = welcome.timeUs;
      this.timeUs = welcome.timeUs;
      this.replaying = undefined;
      return true;
    },
    track: (body) => {
      const track = read.track(body);
      if (!track) return false;
      this.#track(track);
      return true;
    },
    track_gone: (body) => this.#gone(body.id, read.text(body.reason, 24) ?? 'gone'),
    leave: (body) => {
      if (body.track !== undefined) return this.#gone(body.track, '');
      if (body.mark !== undefined) return this.#markGone(body.mark);
      return typeof body.cell === 'string' && this.#drop('cells', body.cell);
    },
    mark: (body) => {
      const mark = read.mark(body);
      if (!mark) return read.number(body.mmsi, 0) !== undefined;
      this.#mark(mark);
      return true;
    },
    mark_gone: (body) => this.#markGone(body.mmsi),
    alert: (body) => {
      const alert = read.alert(body);
      if (!alert) return false;
      const before = this.alerts.get(alert.id);
      if (before && before.revision > alert.revision) return true;
      if (alert.state === 'cleared') this.alerts.delete(alert.id);
      else put(this.alerts, alert.id, alert);
      this.changedThings.add('alerts');
      if (this.isWhole && (!before || before.state !== alert.state)) {
        this.#event({ kind: 'alert', timeUs: alert.clearedUs ?? this.timeUs, alert });
      }
      return true;
    },
    cell: (body) => {
      const cell = read.cell(body);
      if (!cell) return false;
      if (cell.vessels === 0 && !cell.grade) this.cells.delete(cell.code);
      else put(this.cells, cell.code, cell);
      this.changedThings.add('cells');
      return true;
    },
    zone: (body) => this.#set('zones', read.zone(body), (zone) => zone.name),
    zone_gone: (body) => this.#drop('zones', read.text(body.name)),
    unit: (body) => {
      const unit = read.unit(body);
      if (unit?.polygon.length === 0) return this.#drop('units', unit.name);
      return this.#set('units', unit, (unit) => unit.name);
    },
    camera: (body) => this.#set('cameras', read.camera(body), (camera) => camera.name),
    picture: (body) => this.#set('pictures', read.picture(body), (picture) => picture.camera),
    sensor: (body) => {
      const sensor = read.sensor(body);
      if (sensor?.state === '') return this.#drop('sensors', sensor.name);
      const before = sensor && this.sensors.get(sensor.name);
      if (sensor && before && before.state !== sensor.state) {
        this.#event({ kind: 'sensor', timeUs: this.timeUs, sensor });
      }
      return this.#set('sensors', sensor, (sensor) => sensor.name);
    },
    cue: (body) => {
      const cue = read.cue(body);
      if (cue && this.isWhole) this.#event({ kind: 'cue', timeUs: this.timeUs, cue });
      return cue !== undefined;
    },
    heartbeat: (body) => {
      const beat = read.heartbeat(body);
      if (!beat) return false;
      this.heartbeat = beat;
      this.#now(beat.timeUs);
      return true;
    },
    replaying: (body) => {
      this.replaying = read.replaying(body);
      if (this.replaying) this.#now(this.replaying.timeUs);
      return this.replaying !== undefined;
    },
    snapshot_end: () => {
      this.isWhole = true;
      return true;
    },
    digest: (body) => {
      const counts = (of: unknown) => (read.isObject(of) ? read.number(of.count, 0) : undefined);
      const differs = (of: unknown, ours: number) => counts(of) !== undefined && counts(of) !== ours;
      this.isOff =
        this.isWhole &&
        read.number(body.waiting) === 0 &&
        (differs(body.tracks, this.tracks.size) || differs(body.alerts, this.alerts.size));
      return true;
    },
  };

  /** Seconds in slots stay small, so that their fractions do. */
  #now(timeUs: number): void {
    this.timeUs = timeUs;
    if (Math.abs(timeUs - this.baseUs) < REBASE_S * 1e6) return;
    this.baseUs = timeUs;
    for (const track of this.tracks.values()) {
      const slot = this.slots.find(track.id);
      if (slot === undefined) continue;
      pack(this.values, slot, track, this.heard(track), this.baseUs);
      this.dirty.add(slot);
    }
  }

  #set<T>(kind: keyof Things, thing: T | undefined, key: (thing: T) => string): boolean {
    if (!thing) return false;
    put(this[kind] as unknown as Map<string, T>, key(thing), thing);
    this.changedThings.add(kind);
    return true;
  }

  #drop(kind: keyof Things, key: string | undefined): boolean {
    if (key === undefined) return false;
    (this[kind] as unknown as Map<string, unknown>).delete(key);
    this.changedThings.add(kind);
    return true;
  }

  #event(event: Event): void {
    this.events.push(event);
    if (this.events.length > MOST_EVENTS) this.events.splice(0, this.events.length - MOST_EVENTS);
  }

  #track(track: Track): void {
    const before = this.tracks.get(track.id);
    if (before && before.version > track.version) return;
    const slot = this.slots.take(track.id);
    if (slot === undefined) {
      this.undrawn += 1;
      return;
    }
    this.tracks.set(track.id, track);
    pack(this.values, slot, track, this.heard(track), this.baseUs);
    this.dirty.add(slot);
    if (!before || hasOtherName(before, track)) this.renamed.set(slot, brief(slot, track));
    this.#trail(track);
  }

  #trail(track: Track): void {
    const trail = this.trails.get(track.id) ?? [];
    const last = trail.at(-1);
    if (last !== undefined && track.timeUs - last < TRAIL_S * 1e6) return;
    trail.push(track.lat, track.lon, track.timeUs);
    if (trail.length > 3 * TRAIL_POINTS) trail.splice(0, trail.length - 3 * TRAIL_POINTS);
    this.trails.set(track.id, trail);
  }

  /** Bits of who hears a track now. A source that has said nothing of it for long does not. */
  heard(track: Track): number {
    let bits = 0;
    for (const { source, timeUs } of track.heard) {
      const age = (track.timeUs - timeUs) / 1e6;
      const kind = this.sensors.get(source)?.kind ?? '';
      // One that tells of several is taken for what the track itself says.
      const isVessel = track.class !== undefined && track.class !== 'terminal';
      if (kind.includes('ais') && isVessel) bits |= age < 400 ? HEARD.ais : 0;
      else if (kind.includes('radar')) bits |= age < 30 ? HEARD.radar : 0;
      else if (kind.includes('beidou')) bits |= age < 1800 ? HEARD.beidou : 0;
    }
    if (bits !== 0) return bits;
    if (track.class === undefined) return HEARD.radar;
    return track.class === 'terminal' ? HEARD.beidou : HEARD.ais;
  }

  #gone(value: unknown, reason: string): boolean {
    const id = read.number(value, 0);
    if (id === undefined) return false;
    const track = this.tracks.get(id);
    if (track && reason !== '' && reason !== 'unconfirmed' && track.name) {
      this.#event({ kind: 'gone', timeUs: this.timeUs, id, name: track.name, reason });
    }
    this.tracks.delete(id);
    this.trails.delete(id);
    this.#clear(id);
    return true;
  }

  #mark(mark: Mark): void {
    put(this.marks, mark.mmsi, mark);
    const slot = this.slots.take(markId(mark.mmsi));
    if (slot === undefined) return;
    const at = slot * STRIDE;
    this.values.fill(0, at, at + STRIDE);
    const [x, y] = mercator(mark.lat, mark.lon);
    this.values[at + AT.xHigh] = x;
    this.values[at + AT.xLow] = x - Math.fround(x);
    this.values[at + AT.yHigh] = y;
    this.values[at + AT.yLow] = y - Math.fround(y);
    for (const unknown of [AT.heading, AT.cog, AT.speed, AT.covEast]) this.values[at + unknown] = UNKNOWN;
    this.values[at + AT.look] =
      LOOK.present |
      LOOK.mark |
      (mark.virtual ? LOOK.virtual : 0) |
      (mark.offPosition ? LOOK.offPosition : 0);
    this.dirty.add(slot);
    this.renamed.set(slot, {
      ...nobody(slot, markId(mark.mmsi)),
      name: mark.name,
      mmsi: mark.mmsi,
      class: mark.kind,
    });
  }

  #markGone(value: unknown): boolean {
    const mmsi = read.number(value, 0);
    if (mmsi === undefined) return false;
    this.marks.delete(mmsi);
    this.#clear(markId(mmsi));
    return true;
  }

  #clear(id: number): void {
    const slot = this.slots.give(id);
    if (slot === undefined) return;
    this.values.fill(0, slot * STRIDE, (slot + 1) * STRIDE);
    this.dirty.add(slot);
    this.renamed.set(slot, nobody(slot, 0));
  }
}

export const KINDS: readonly (keyof Things)[] = [
  'alerts',
  'cells',
  'zones',
  'units',
  'cameras',
  'sensors',
  'pictures',
];

function put<K, V>(into: Map<K, V>, key: K, value: V): void {
  if (into.size < MOST_THINGS || into.has(key)) into.set(key, value);
}

function nobody(slot: number, id: number): Brief {
  const none = undefined;
  return {
    slot,
    id,
    name: none,
    mmsi: none,
    imo: none,
    card: none,
    callsign: none,
    shipType: none,
    class: none,
    navStatus: none,
    destination: none,
  };
}

function brief(slot: number, track: Track): Brief {
  const { id, name, mmsi, imo, card, callsign, shipType, navStatus, destination } = track;
  return { slot, id, name, mmsi, imo, card, callsign, shipType, class: track.class, navStatus, destination };
}

function hasOtherName(a: Track, b: Track): boolean {
  return (
    a.name !== b.name ||
    a.mmsi !== b.mmsi ||
    a.imo !== b.imo ||
    a.card !== b.card ||
    a.callsign !== b.callsign ||
    a.shipType !== b.shipType ||
    a.class !== b.class ||
    a.navStatus !== b.navStatus ||
    a.destination !== b.destination
  );
}
