import { en, type Words } from './en';
import { zh } from './zh';

export type Language = 'en' | 'zh';
export type { Words };

export const wordsOf = (language: Language): Words => (language === 'zh' ? zh : en);

/** ITU-R M.1371 ship and cargo type, as a word. */
export function shipType(words: Words, code: number | undefined): string | undefined {
  if (code === undefined || code === 0) return undefined;
  return words.shipTypes[code] ?? words.shipTypes[Math.floor(code / 10)];
}

/** Degrees and minutes, and beside it decimal degrees. */
export function bothNotations(lat: number, lon: number): [string, string] {
  const part = (value: number, width: number, [plus, minus]: [string, string]) => {
    const thousandths = Math.round(Math.abs(value) * 60_000);
    const degrees = Math.floor(thousandths / 60_000);
    const minutes = ((thousandths % 60_000) / 1000).toFixed(3).padStart(6, '0');
    return `${String(degrees).padStart(width, '0')}°${minutes}′${value < 0 ? minus : plus}`;
  };
  return [`${part(lat, 2, ['N', 'S'])} ${part(lon, 3, ['E', 'W'])}`, `${lat.toFixed(5)}, ${lon.toFixed(5)}`];
}

/** How long ago, short. */
export function ago(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 100) return `${s} s`;
  if (s < 5940) return `${Math.round(s / 60)} min`;
  return s < 172_800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86_400)} d`;
}

export function clockOf(us: number, isLocal: boolean): string {
  const date = new Date(us / 1000);
  if (Number.isNaN(date.getTime())) return '--:--:--';
  if (!isLocal) return date.toISOString().slice(11, 19);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((n) => String(n).padStart(2, '0'))
    .join(':');
}

export function dateOf(us: number): string {
  const date = new Date(us / 1000);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().slice(0, 10);
}
