// A target is a slot of twenty numbers, the same in the worker, in the page and on the GPU. What moves them
// between two reports is the shader: position, velocity and time are all that it needs.

import type { Track } from './messages';

export const STRIDE = 20;

/** Offsets within a slot. Places are Mercator, 0 to 1, each in two floats, because one alone is off by metres. */
export const AT = {
  xHigh: 0,
  xLow: 1,
  yHigh: 2,
  yLow: 3,
  /** Mercator units a second. */
  xVelocity: 4,
  yVelocity: 5,
  /** Seconds since the base of the clock. */
  time: 6,
  /** Radians, clockwise from north. */
  heading: 7,
  cog: 8,
  /** What is known of it: see `HEARD` and below; 0: nothing is in this slot. */
  look: 9,
  bow: 10,
  stern: 11,
  port: 12,
  starboard: 13,
  /** Mercator units per metre. */
  perMetre: 14,
  /** m/s. */
  speed: 15,
  /** Covariance of the place, m²: east-east, east-north, north-north; the first is `UNKNOWN` where it is. */
  covEast: 16,
  covEastNorth: 17,
  covNorth: 18,
} as const;

/** What is not known: shaders need not know NaN. */
export const UNKNOWN = -1000;

/** Who hears it, as bits of `look`. */
export const HEARD = { ais: 1, radar: 2, beidou: 4 } as const;
export const LOOK = {
  present: 8,
  netMarker: 16,
  aircraft: 32,
  tentative: 64,
  coasting: 128,
  lost: 256,
  doubt: 512,
  mark: 1024,
  virtual: 2048,
  offPosition: 4096,
} as const;

export const EARTH_M = 40_075_016.686;
/** Beyond this Mercator has no place for a ship. */
export const MAX_LAT = 85.05;

export function mercator(lat: number, lon: number): [number, number] {
  const phi = (Math.max(-MAX_LAT, Math.min(MAX_LAT, lat)) * Math.PI) / 180;
  return [lon / 360 + 0.5, 0.5 - Math.log(Math.tan(Math.PI / 4 + phi / 2)) / (2 * Math.PI)];
}

export function unmercator(x: number, y: number): { lat: number; lon: number } {
  const lat = (360 / Math.PI) * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - 90;
  const lon = (((x % 1) + 1) % 1) * 360 - 180;
  return { lat, lon };
}

const KN = 1852 / 3600;

/** Writes a track into its slot. `heard` has the bits of who hears it. */
export function pack(into: Float32Array, slot: number, track: Track, heard: number, baseUs: number): void {
  const at = slot * STRIDE;
  const [x, y] = mercator(track.lat, track.lon);
  const perMetre =
    1 / (EARTH_M * Math.cos((Math.max(-MAX_LAT, Math.min(MAX_LAT, track.lat)) * Math.PI) / 180));
  const speed = track.sogKn === undefined ? UNKNOWN : track.sogKn * KN;
  const cog = track.cogDeg === undefined ? UNKNOWN : (track.cogDeg * Math.PI) / 180;
  const moves = speed > 0 && cog !== UNKNOWN;
  put(into, at + AT.xHigh, x);
  put(into, at + AT.yHigh, y);
  into[at + AT.xVelocity] = moves ? Math.sin(cog) * speed * perMetre : 0;
  into[at + AT.yVelocity] = moves ? -Math.cos(cog) * speed * perMetre : 0;
  into[at + AT.time] = (track.timeUs - baseUs) / 1e6;
  into[at + AT.heading] = track.headingDeg === undefined ? UNKNOWN : (track.headingDeg * Math.PI) / 180;
  into[at + AT.cog] = cog;
  into[at + AT.look] = look(track, heard);
  const [bow, stern, port, starboard] = track.hull ?? [0, 0, 0, 0];
  into[at + AT.bow] = bow;
  into[at + AT.stern] = stern;
  into[at + AT.port] = port;
  into[at + AT.starboard] = starboard;
  into[at + AT.perMetre] = perMetre;
  into[at + AT.speed] = speed;
  const [east, eastNorth, north] = track.covM2 ?? [UNKNOWN, 0, 0];
  into[at + AT.covEast] = east;
  into[at + AT.covEastNorth] = eastNorth;
  into[at + AT.covNorth] = north;
}

function put(into: Float32Array, at: number, value: number): void {
  const high = Math.fround(value);
  into[at] = high;
  into[at + 1] = value - high;
}

function look(track: Track, heard: number): number {
  return (
    LOOK.present |
    heard |
    (track.class === 'net_marker' ? LOOK.netMarker : 0) |
    (track.class === 'aircraft' ? LOOK.aircraft : 0) |
    (track.life === 'tentative' ? LOOK.tentative : 0) |
    (track.life === 'coasting' ? LOOK.coasting : 0) |
    (track.life === 'lost' ? LOOK.lost : 0) |
    (track.doubt ? LOOK.doubt : 0)
  );
}

/** How far ahead of its report a target is moved by itself, seconds; after that it waits where it is. */
export const AHEAD_S = 30;

/** Where a slot is at `now` seconds, as Mercator; the same that the shader does. */
export function where(from: Float32Array, slot: number, now: number): [number, number] {
  const at = slot * STRIDE;
  const get = (offset: number) => from[at + offset] ?? 0;
  const ahead = Math.max(0, Math.min(AHEAD_S, now - get(AT.time)));
  return [
    get(AT.xHigh) + get(AT.xLow) + get(AT.xVelocity) * ahead,
    get(AT.yHigh) + get(AT.yLow) + get(AT.yVelocity) * ahead,
  ];
}

/** Which slot is whose. A slot that is given back is used again. */
export class Slots {
  readonly #of = new Map<number, number>();
  readonly #free: number[] = [];
  #next = 0;

  constructor(readonly capacity: number) {}

  get used(): number {
    return this.#of.size;
  }

  find(id: number): number | undefined {
    return this.#of.get(id);
  }

  /** `undefined` where none is left. */
  take(id: number): number | undefined {
    const known = this.#of.get(id);
    if (known !== undefined) return known;
    const slot = this.#free.pop() ?? (this.#next < this.capacity ? this.#next++ : undefined);
    if (slot !== undefined) this.#of.set(id, slot);
    return slot;
  }

  give(id: number): number | undefined {
    const slot = this.#of.get(id);
    if (slot !== undefined) {
      this.#of.delete(id);
      this.#free.push(slot);
    }
    return slot;
  }

  ids(): IterableIterator<number> {
    return this.#of.keys();
  }
}
