// Who does what: counted from what every target now is. Figures of the picture, not of a berth plan.

import type { App } from '../app';
import { AT, HEARD, LOOK, STRIDE, unmercator, where } from '../feed/slots';
import { distanceM } from '../map/geo';

export const DOINGS = ['inbound', 'outbound', 'anchored', 'moored', 'shifting', 'underWay'] as const;
export type Doing = (typeof DOINGS)[number];

export interface Tally {
  doings: Record<Doing, number>;
  of: Map<number, Doing>;
  heard: { ais: number; radar: number; fused: number; beidou: number };
  speeds: [string, number][];
  total: number;
}

const KN = 1852 / 3600;
const STILL_MPS = 0.5 * KN;
/** Comes or goes, towards or away from the port, faster than this. */
const RADIAL_MPS = 1 * KN;
const SPEEDS = [0.5, 5, 10, 15, 20, Number.POSITIVE_INFINITY];

export function tally(app: App, values: Float32Array, used: number, now: number): Tally {
  const doings = Object.fromEntries(DOINGS.map((doing) => [doing, 0])) as Record<Doing, number>;
  const of = new Map<number, Doing>();
  const heard = { ais: 0, radar: 0, fused: 0, beidou: 0 };
  const bySpeed = SPEEDS.map(() => 0);
  let total = 0;
  const port = app.place.port;
  const [portLat, portLon] = port?.center ?? [0, 0];
  for (let slot = 0; slot < used; slot += 1) {
    const at = slot * STRIDE;
    const look = values[at + AT.look] ?? 0;
    if (
      (look & LOOK.present) === 0 ||
      (look & (LOOK.mark | LOOK.netMarker | LOOK.aircraft | LOOK.lost)) !== 0
    )
      continue;
    total += 1;
    const radar = (look & HEARD.radar) !== 0;
    const [ais, beidou] = [(look & HEARD.ais) !== 0, (look & HEARD.beidou) !== 0];
    if (radar && (ais || beidou)) heard.fused += 1;
    else if (radar) heard.radar += 1;
    else if (ais) heard.ais += 1;
    if (beidou) heard.beidou += 1;
    const speed = values[at + AT.speed] ?? 0;
    if (speed >= 0) {
      const index = SPEEDS.findIndex((most) => speed < most * KN);
      bySpeed[index] = (bySpeed[index] ?? 0) + 1;
    }
    const status = app.briefs.get(slot)?.navStatus;
    const doing = ((): Doing => {
      if (status === 5 && speed < 3 * STILL_MPS) return 'moored';
      if (status === 1 && speed < 4 * STILL_MPS) return 'anchored';
      if (!port) return speed < STILL_MPS ? 'anchored' : 'underWay';
      const place = unmercator(...where(values, slot, now));
      const range = distanceM(place, { lat: portLat, lon: portLon });
      const isInside = range < port.radius_m;
      if (speed < STILL_MPS) return isInside ? 'moored' : 'anchored';
      if (isInside) return 'shifting';
      const course = values[at + AT.cog] ?? 0;
      const north = (portLat - place.lat) * 111_195;
      const east = (portLon - place.lon) * 111_195 * Math.cos((place.lat * Math.PI) / 180);
      const closing =
        (speed * (Math.sin(course) * east + Math.cos(course) * north)) / Math.max(1, Math.hypot(north, east));
      return closing > RADIAL_MPS ? 'inbound' : closing < -RADIAL_MPS ? 'outbound' : 'underWay';
    })();
    doings[doing] += 1;
    of.set(slot, doing);
  }
  const words = ['< 0.5', '0.5–5', '5–10', '10–15', '15–20', '> 20'];
  return { doings, of, heard, total, speeds: words.map((word, index) => [word, bySpeed[index] ?? 0]) };
}
