// Distances and directions on the sphere: for tools on the screen, never for judgement.

import type { Place } from '../feed/messages';

const RADIUS_M = 6_371_008.8;
const rad = (degrees: number) => (degrees * Math.PI) / 180;
export const NM = 1852;

export function distanceM(a: Place, b: Place): number {
  const dLat = rad(b.lat - a.lat);
  const dLon = rad(b.lon - a.lon);
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(dLon / 2) ** 2;
  return 2 * RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

export function bearingDeg(a: Place, b: Place): number {
  const dLon = rad(b.lon - a.lon);
  const y = Math.sin(dLon) * Math.cos(rad(b.lat));
  const x =
    Math.cos(rad(a.lat)) * Math.sin(rad(b.lat)) -
    Math.sin(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.cos(dLon);
  return ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360;
}

export function offset(from: Place, bearing: number, metres: number): Place {
  const d = metres / RADIUS_M;
  const lat = Math.asin(
    Math.sin(rad(from.lat)) * Math.cos(d) + Math.cos(rad(from.lat)) * Math.sin(d) * Math.cos(rad(bearing)),
  );
  const lon =
    rad(from.lon) +
    Math.atan2(
      Math.sin(rad(bearing)) * Math.sin(d) * Math.cos(rad(from.lat)),
      Math.cos(d) - Math.sin(rad(from.lat)) * Math.sin(lat),
    );
  return { lat: (lat * 180) / Math.PI, lon: (((lon * 180) / Math.PI + 540) % 360) - 180 };
}

/** Half axes of the 95 % ellipse, metres, and the direction of the longer one, radians from east towards north. */
export function ellipse95([ee, en, nn]: [number, number, number]): [number, number, number] {
  const middle = (ee + nn) / 2;
  const spread = Math.hypot((ee - nn) / 2, en);
  const K95 = 2.4477;
  const axis = (v: number) => K95 * Math.sqrt(Math.max(0, v));
  return [axis(middle + spread), axis(middle - spread), 0.5 * Math.atan2(2 * en, ee - nn)];
}
