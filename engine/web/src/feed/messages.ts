// What the feed says (docs/feed/fairway.proto), as this page believes it: every message is read field by field,
// and what is not of the expected kind is absent. A server that lies costs itself its own message, no more.

export type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A finite number within bounds. */
export function number(value: unknown, least = -1e15, most = 1e16): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= least && value <= most
    ? value
    : undefined;
}

/** Control characters, and those that turn the direction of what follows: a name must not rewrite its neighbours. */
const UNFIT = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** A text of at most `most` characters, without those that are no text. */
export function text(value: unknown, most = 64): string | undefined {
  if (typeof value !== 'string') return undefined;
  const clean = value
    .slice(0, 4 * most)
    .replace(UNFIT, '')
    .trim();
  const cut = [...clean];
  return cut.length > most ? `${cut.slice(0, most - 1).join('')}…` : clean;
}

export function list(value: unknown, most = 4096): unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : [];
}

export const bool = (value: unknown): boolean => value === true;

function oneOf<T extends string>(value: unknown, words: readonly T[]): T | undefined {
  return words.find((word) => word === value);
}

export interface Place {
  lat: number;
  lon: number;
}

export function place(value: unknown): Place | undefined {
  if (!isObject(value)) return undefined;
  const lat = number(value.lat, -90, 90);
  const lon = number(value.lon, -180, 180);
  return lat === undefined || lon === undefined ? undefined : { lat, lon };
}

const places = (value: unknown): Place[] =>
  list(value)
    .map(place)
    .filter((at) => at !== undefined);

export const LIVES = ['tentative', 'confirmed', 'coasting', 'lost'] as const;
export type Life = (typeof LIVES)[number];
export const CLASSES = ['class_a', 'class_b', 'aircraft', 'terminal', 'net_marker'] as const;
export type Class = (typeof CLASSES)[number];

export interface Claim {
  field: string;
  value: string;
  source: string;
  timeUs: number;
  belief: number | undefined;
}

export interface Track extends Place {
  id: number;
  version: number;
  life: Life;
  class: Class | undefined;
  timeUs: number;
  sogKn: number | undefined;
  cogDeg: number | undefined;
  headingDeg: number | undefined;
  rotDegMin: number | undefined;
  navStatus: number | undefined;
  covM2: [number, number, number] | undefined;
  mmsi: number | undefined;
  imo: number | undefined;
  name: string | undefined;
  callsign: string | undefined;
  shipType: number | undefined;
  destination: string | undefined;
  draughtM: number | undefined;
  card: number | undefined;
  terminal: string | undefined;
  claims: Claim[];
  heard: { source: string; timeUs: number }[];
  hull: [number, number, number, number] | undefined;
  doubt: boolean;
  reported: { source: string; arrivalUs: number | undefined } | undefined;
}

export function track(value: unknown): Track | undefined {
  if (!isObject(value)) return undefined;
  const at = place(value);
  const id = number(value.id, 0);
  const timeUs = number(value.time_us, 0);
  if (!at || id === undefined || timeUs === undefined) return undefined;
  const who = isObject(value.identity) ? value.identity : {};
  const hull = isObject(value.hull) ? value.hull : {};
  const sides = [hull.to_bow, hull.to_stern, hull.to_port, hull.to_starboard].map(
    (m) => number(m, 0, 1000) ?? 0,
  );
  const [bow = 0, stern = 0, port = 0, starboard = 0] = sides;
  const [ee, en, nn] = list(value.cov_m2, 3).map((m2) => number(m2, -1e12, 1e12));
  const said = isObject(value.reported) ? value.reported : undefined;
  return {
    ...at,
    id,
    timeUs,
    version: number(value.version, 0) ?? 0,
    life: oneOf(value.life, LIVES) ?? 'confirmed',
    class: oneOf(value.class, CLASSES),
    sogKn: number(value.sog_kn, 0, 1000),
    cogDeg: number(value.cog_deg, 0, 360),
    headingDeg: number(value.heading_deg, 0, 360),
    rotDegMin: number(value.rot_deg_min, -10000, 10000),
    navStatus: number(value.nav_status, 0, 15),
    covM2: ee !== undefined && en !== undefined && nn !== undefined ? [ee, en, nn] : undefined,
    mmsi: number(who.mmsi, 0),
    imo: number(who.imo, 0),
    name: text(who.name),
    callsign: text(who.callsign, 16),
    shipType: number(who.ship_type, 0, 255),
    destination: text(who.destination),
    draughtM: number(who.draught_m, 0, 100),
    card: number(who.card, 0),
    terminal: text(who.terminal, 24),
    claims: list(who.claims, 64).flatMap(claim),
    heard: list(value.heard, 64).flatMap(heard),
    hull: bow + stern > 0 ? [bow, stern, port, starboard] : undefined,
    doubt: bool(value.doubt),
    reported: said && { source: text(said.source) ?? '', arrivalUs: number(said.arrival_us, 0) },
  };
}

function claim(value: unknown): Claim[] {
  if (!isObject(value)) return [];
  const [field, said, source] = [text(value.field, 24), text(value.value), text(value.source)];
  const timeUs = number(value.time_us, 0);
  if (field === undefined || said === undefined || source === undefined || timeUs === undefined) return [];
  return [{ field, value: said, source, timeUs, belief: number(value.belief, 0, 1) }];
}

function heard(value: unknown): { source: string; timeUs: number }[] {
  if (!isObject(value)) return [];
  const [source, timeUs] = [text(value.source), number(value.time_us, 0)];
  return source === undefined || timeUs === undefined ? [] : [{ source, timeUs }];
}

export const PRIORITIES = ['emergency', 'alarm', 'warning', 'caution'] as const;
export type Priority = (typeof PRIORITIES)[number];
export const STATES = ['active', 'cleared', 'silenced', 'acknowledged', 'transferred', 'rectified'] as const;
export type AlertState = (typeof STATES)[number];

export interface Alert {
  id: number;
  kind: number;
  priority: Priority;
  state: AlertState;
  revision: number;
  raisedUs: number;
  clearedUs: number | undefined;
  tracks: number[];
  zone: string | undefined;
  cell: string | undefined;
  textEn: string;
  textZh: string;
  cpaM: number | undefined;
  tcpaS: number | undefined;
  event: number;
  user: string | undefined;
  owner: string | undefined;
  reason: string | undefined;
  shelvedUntilUs: number | undefined;
  silentUntilUs: number | undefined;
  escalation: number;
  category: string | undefined;
  sounding: boolean;
  rank: number;
  sectors: string[];
  at: Place | undefined;
}

export function alert(value: unknown): Alert | undefined {
  if (!isObject(value)) return undefined;
  const id = number(value.id, 0);
  const state = oneOf(value.state, STATES);
  if (id === undefined || state === undefined) return undefined;
  return {
    id,
    state,
    kind: number(value.kind, 0, 65535) ?? 0,
    priority: oneOf(value.priority, PRIORITIES) ?? 'caution',
    revision: number(value.revision, 0) ?? 0,
    raisedUs: number(value.raised_us, 0) ?? 0,
    clearedUs: number(value.cleared_us, 0),
    tracks: list(value.tracks, 32).flatMap((one) => number(one, 0) ?? []),
    zone: text(value.zone),
    cell: text(value.cell, 40),
    textEn: text(value.text_en, 200) ?? '',
    textZh: text(value.text_zh, 200) ?? '',
    cpaM: number(value.cpa_m, 0),
    tcpaS: number(value.tcpa_s),
    event: number(value.event, 0) ?? 0,
    user: text(value.user),
    owner: text(value.owner),
    reason: text(value.reason),
    shelvedUntilUs: number(value.shelved_until_us, 0),
    silentUntilUs: number(value.silent_until_us, 0),
    escalation: number(value.escalation, 0, 9) ?? 0,
    category: text(value.category, 4),
    sounding: bool(value.sounding),
    rank: number(value.rank, 0, 1) ?? 0,
    sectors: list(value.sectors, 16).flatMap((one) => text(one) ?? []),
    at: place(value),
  };
}

export interface Mark extends Place {
  mmsi: number;
  kind: string;
  name: string | undefined;
  virtual: boolean;
  offPosition: boolean;
  timeUs: number;
}

export function mark(value: unknown): Mark | undefined {
  if (!isObject(value)) return undefined;
  const [mmsi, at] = [number(value.mmsi, 0), place(value)];
  if (mmsi === undefined || !at) return undefined;
  return {
    ...at,
    mmsi,
    kind: text(value.kind, 24) ?? 'aid',
    name: text(value.name),
    virtual: bool(value.virtual),
    offPosition: bool(value.off_position),
    timeUs: number(value.time_us, 0) ?? 0,
  };
}

export const GRADES = ['red', 'orange', 'yellow', 'blue'] as const;
export type Grade = (typeof GRADES)[number];

export interface Cell {
  code: string;
  vessels: number;
  grade: Grade | undefined;
  risk: number | undefined;
  unit: string | undefined;
  current: Current | undefined;
}

/** Where the water of a cell goes, as far as ships tell. */
export interface Current {
  setDeg: number;
  rateKn: number;
  sigmaKn: number;
}

function current(value: unknown): Current | undefined {
  if (!isObject(value)) return undefined;
  const [setDeg, rateKn, sigmaKn] = [
    number(value.set_deg, 0),
    number(value.rate_kn, 0),
    number(value.sigma_kn, 0),
  ];
  return rateKn === undefined || sigmaKn === undefined
    ? undefined
    : { setDeg: (setDeg ?? 0) % 360, rateKn, sigmaKn };
}

export function cell(value: unknown): Cell | undefined {
  if (!isObject(value)) return undefined;
  const code = text(value.code, 40);
  if (!code) return undefined;
  return {
    code,
    vessels: number(value.vessels, 0) ?? 0,
    grade: oneOf(value.grade, GRADES),
    risk: number(value.risk, 0),
    unit: text(value.unit),
    current: current(value.current),
  };
}

export interface Zone {
  name: string;
  polygon: Place[];
}

export function zone(value: unknown): Zone | undefined {
  if (!isObject(value)) return undefined;
  const name = text(value.name);
  return name ? { name, polygon: places(value.polygon) } : undefined;
}

export interface Unit {
  name: string;
  parent: string | undefined;
  officer: string | undefined;
  vessels: number;
  grade: Grade | undefined;
  polygon: Place[];
}

export function unit(value: unknown): Unit | undefined {
  if (!isObject(value)) return undefined;
  const name = text(value.name);
  if (!name) return undefined;
  return {
    name,
    parent: text(value.parent),
    officer: text(value.officer),
    vessels: number(value.vessels, 0) ?? 0,
    grade: oneOf(value.grade, GRADES),
    polygon: places(value.polygon),
  };
}

export interface Camera extends Place {
  name: string;
  state: string;
  azimuthDeg: number | undefined;
  fovDeg: number | undefined;
  footprint: Place[];
  track: number | undefined;
  reason: string | undefined;
  user: string | undefined;
  stream: string | undefined;
}

export function camera(value: unknown): Camera | undefined {
  if (!isObject(value)) return undefined;
  const [name, at] = [text(value.name), place(value)];
  if (!name || !at) return undefined;
  return {
    ...at,
    name,
    state: text(value.state, 16) ?? 'waiting',
    azimuthDeg: number(value.azimuth_deg, 0, 360),
    fovDeg: number(value.fov_deg, 0, 360),
    footprint: places(value.footprint),
    track: number(value.track, 0),
    reason: text(value.reason, 120),
    user: text(value.user),
    stream: text(value.stream, 300),
  };
}

export interface Picture {
  camera: string;
  track: number | undefined;
  timeUs: number;
  sha256: string;
}

export function picture(value: unknown): Picture | undefined {
  if (!isObject(value)) return undefined;
  const [name, sha256] = [text(value.camera), text(value.sha256, 64)];
  if (!name || !sha256 || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  return { camera: name, sha256, track: number(value.track, 0), timeUs: number(value.time_us, 0) ?? 0 };
}

export interface Cue {
  camera: string;
  track: number | undefined;
  alert: number | undefined;
  why: string;
  reason: string | undefined;
  released: boolean;
}

export function cue(value: unknown): Cue | undefined {
  if (!isObject(value)) return undefined;
  return {
    camera: text(value.camera) ?? '',
    track: number(value.track, 0),
    alert: number(value.alert, 0),
    why: text(value.why, 16) ?? '',
    reason: text(value.reason, 120),
    released: bool(value.released),
  };
}

export interface Sensor {
  name: string;
  state: string;
  kind: string;
  heardUs: number | undefined;
  observations: number;
  rateHz: number;
}

export function sensor(value: unknown): Sensor | undefined {
  if (!isObject(value)) return undefined;
  const name = text(value.name);
  if (!name) return undefined;
  return {
    name,
    state: text(value.state, 16) ?? '',
    kind: text(value.kind, 32) ?? '',
    heardUs: number(value.heard_us, 0),
    observations: number(value.observations, 0) ?? 0,
    rateHz: number(value.rate_hz, 0) ?? 0,
  };
}

export interface Welcome {
  server: string;
  timeUs: number;
  epoch: string;
  role: string;
  user: string | undefined;
  resumed: boolean;
  replay: boolean;
  lastCut: string | undefined;
}

export function welcome(value: unknown): Welcome | undefined {
  if (!isObject(value)) return undefined;
  return {
    server: text(value.server) ?? '',
    timeUs: number(value.time_us, 0) ?? 0,
    epoch: text(value.epoch) ?? '',
    role: text(value.role, 16) ?? 'viewer',
    user: text(value.user),
    resumed: bool(value.resumed),
    replay: bool(value.replay),
    lastCut: text(value.last_cut, 120),
  };
}

export interface Replaying {
  timeUs: number;
  fromUs: number;
  toUs: number;
  speed: number;
  playing: boolean;
  /** What the replay's clock showed when this was heard. */
  clockUs: number;
  /** When this was heard, as `clockMs` has it; set by whoever hears it. */
  heardAt: number;
}

export function replaying(value: unknown): Replaying | undefined {
  if (!isObject(value)) return undefined;
  const timeUs = number(value.time_us, 0);
  if (timeUs === undefined) return undefined;
  return {
    timeUs,
    fromUs: number(value.from_us, 0) ?? timeUs,
    toUs: number(value.to_us, 0) ?? timeUs,
    speed: number(value.speed, 0) ?? 1,
    playing: bool(value.playing),
    clockUs: number(value.clock_us, 0) ?? timeUs,
    heardAt: 0,
  };
}

export interface Heartbeat {
  timeUs: number;
  tracks: number;
  position: number;
  alertEvent: number;
  waiting: number;
  lagMs: number;
}

export function heartbeat(value: unknown): Heartbeat | undefined {
  if (!isObject(value)) return undefined;
  const timeUs = number(value.time_us, 0);
  if (timeUs === undefined) return undefined;
  return {
    timeUs,
    tracks: number(value.tracks, 0) ?? 0,
    position: number(value.position, 0) ?? 0,
    alertEvent: number(value.alert_event, 0) ?? 0,
    waiting: number(value.waiting, 0) ?? 0,
    lagMs: number(value.lag_ms, 0) ?? 0,
  };
}

export interface Answer {
  id: string;
  code: number;
  text: string;
}

export function answer(value: unknown): Answer | undefined {
  if (!isObject(value)) return undefined;
  const id = text(value.id);
  return id ? { id, code: number(value.code, 0, 999) ?? 0, text: text(value.text, 200) ?? '' } : undefined;
}
