// What the address asks for: `?layout=alerts&palette=night&lang=zh`. A video-wall controller opens one page per screen.

import type { Place } from './feed/messages';
import { PALETTES, type PaletteName } from './palette';
import type { Language } from './words';

export const LAYOUTS = ['overview', 'alerts', 'kpi', 'cameras', 'desk', 'replay'] as const;
export type Layout = (typeof LAYOUTS)[number];

export interface Options {
  layout: Layout;
  palette: PaletteName;
  lang: Language;
  /** Times the size that the screen asks for. */
  scale: number;
  center: Place | undefined;
  zoom: number | undefined;
  kiosk: boolean;
  sound: boolean;
  vectorMinutes: number;
  token: string | undefined;
  /** Frames a second, at most. */
  fps: number;
}

export function read(search: string, hash: string, languages: readonly string[]): Options {
  const query = new URLSearchParams(search);
  const secret = new URLSearchParams(hash.replace(/^#/, ''));
  const one = <T extends string>(key: string, words: readonly T[], usual: T): T =>
    words.find((word) => word === query.get(key)) ?? usual;
  const within = (key: string, least: number, most: number, usual: number): number => {
    const text = query.get(key);
    const value = text === null || text === '' ? Number.NaN : Number(text);
    return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : usual;
  };
  const [lat, lon] = (query.get('center') ?? '').split(',').map(Number);
  const hasCenter =
    lat !== undefined &&
    lon !== undefined &&
    Math.abs(lat) <= 85 &&
    Math.abs(lon) <= 180 &&
    query.has('center');
  const usualLanguage = languages.some((language) => language.toLowerCase().startsWith('zh')) ? 'zh' : 'en';
  const token = secret.get('token') ?? undefined;
  return {
    layout: one('layout', LAYOUTS, 'overview'),
    palette: one('palette', PALETTES, 'dusk'),
    lang: one('lang', ['en', 'zh'] as const, usualLanguage),
    scale: within('scale', 0.5, 4, 1),
    center: hasCenter ? { lat, lon } : undefined,
    zoom: query.has('zoom') ? within('zoom', 3, 18, 9) : undefined,
    kiosk: query.get('kiosk') === '1',
    sound: query.get('sound') !== '0',
    vectorMinutes: within('vector', 0, 30, 6),
    token,
    fps: within('fps', 1, 120, 30),
  };
}

/** Pixels of this screen per pixel of the design, which is 1920 by 1080. A laptop is read from near. */
export function unitOf(width: number, height: number, scale: number): number {
  const fit = Math.min(width / 1920, height / 1080);
  return Math.max(0.8, Math.min(4, Math.max(fit, width < 1000 ? 0.95 : 0.8) * scale));
}
