// How sure the place of every target is, on the screen: the ellipse of 95 %, on demand, where the feed tells it.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { look, missing, open, until } from './page';
import { type Stage, serve } from './stage';

const NONE = '{"type":"FeatureCollection","features":[]}';
const NOW = 1_795_000_000_000_000;
const CENTER = { lat: 29.95, lon: 122.25 };
const ZOOM = 14;
const COS = Math.cos((CENTER.lat * Math.PI) / 180);
/** Web Mercator, with tiles of 512 pixels. */
const METRE_PX = (512 * 2 ** ZOOM) / (40_075_016.686 * COS);
/** One in 20 is outside: the square root of the quantile of chi-square with two degrees of freedom. */
const K95 = Math.sqrt(5.991);
const [LONG_M, SHORT_M] = [90, 45];
/** Of the longer axis, from east towards north. */
const TURN = (30 * Math.PI) / 180;
/** Where the three are, pixels east of the middle: sure, of nobody knows what, and nonsense. */
const [TOLD, UNTOLD, ABSURD] = [0, -250, 250];

function covariance(): number[] {
  const [a, b, c, s] = [LONG_M ** 2, SHORT_M ** 2, Math.cos(TURN), Math.sin(TURN)];
  return [a * c * c + b * s * s, (a - b) * s * c, a * s * s + b * c * c];
}

const track = (id: number, east: number, cov?: number[]) => ({
  track: {
    id,
    version: 1,
    life: 'confirmed',
    class: 'class_a',
    time_us: NOW,
    lat: CENTER.lat,
    lon: CENTER.lon + (east * 360) / (512 * 2 ** ZOOM),
    ...(cov && { cov_m2: cov }),
  },
});

/** Pixels of the colour of AIS around a place, as the screen shows them: x right and y up from it. */
async function inked(page: Page, east: number): Promise<[number, number][]> {
  const box = await page.locator('.sea canvas.targets').boundingBox();
  if (!box) throw new Error('no sea');
  const half = 90;
  const clip = {
    x: Math.round(box.x + box.width / 2 + east) - half,
    y: Math.round(box.y + box.height / 2) - half,
    width: 2 * half,
    height: 2 * half,
  };
  const png = (await page.screenshot({ clip })).toString('base64');
  return page.evaluate(
    async ({ png, half }) => {
      const picture = new Image();
      picture.src = `data:image/png;base64,${png}`;
      await picture.decode();
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [picture.width, picture.height];
      const pen = canvas.getContext('2d');
      pen?.drawImage(picture, 0, 0);
      const pixels = pen?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      const found: [number, number][] = [];
      for (let at = 0; at < pixels.length; at += 4) {
        const [r, g, b] = [pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0];
        // '#4fe08f' at dusk, over a dark sea and darker land.
        if (g < 130 || g < r + 50 || g < b + 30) continue;
        const [x, y] = [(at / 4) % canvas.width, Math.floor(at / 4 / canvas.width)];
        found.push([x + 0.5 - half, half - y - 0.5]);
      }
      return found;
    },
    { png, half },
  );
}

/** How many sigma away, of what was told. */
function sigma([x, y]: [number, number]): number {
  const along = x * Math.cos(TURN) + y * Math.sin(TURN);
  const across = y * Math.cos(TURN) - x * Math.sin(TURN);
  return Math.hypot(along / (LONG_M * METRE_PX), across / (SHORT_M * METRE_PX));
}

describe.skipIf(missing)('uncertainty', () => {
  let browser: Browser;
  let stage: Stage;

  beforeAll(async () => {
    browser = await open();
    const messages = [
      { welcome: { epoch: 'e', time_us: NOW, role: 'viewer', resumed: false } },
      track(1, TOLD, covariance()),
      track(2, UNTOLD),
      track(3, ABSURD, [-4, 1e300, -4]),
      { snapshot_end: {} },
    ];
    stage = await serve('a coast', NONE, (page) => {
      const beat = () => page.send(JSON.stringify({ heartbeat: { time_us: NOW, tracks: 3 } }));
      for (const message of messages) page.send(JSON.stringify(message));
      beat();
      const timer = setInterval(beat, 500);
      page.on('close', () => clearInterval(timer));
    });
  });
  afterAll(async () => {
    await browser?.close();
    stage?.close();
  });

  test.each([
    ['en', 'Uncertainty'],
    ['zh', '误差'],
  ])('of all that tell it is drawn, true to scale, when it is asked for (%s)', async (lang, word) => {
    const { page } = await look(
      browser,
      `${stage.url}?lang=${lang}&palette=dusk&center=${CENTER.lat},${CENTER.lon}&zoom=${ZOOM}`,
    );
    await until(page, 'window.fairway?.app.isWhole && window.fairway.sea.targets.count() === 3');
    await page.waitForTimeout(1500);
    const symbol = await inked(page, UNTOLD);
    expect(symbol.length).toBeGreaterThan(20);
    const isFar = ([x, y]: [number, number]) => Math.hypot(x, y) > 16;
    // Nothing but the symbol, until somebody asks.
    expect((await inked(page, TOLD)).filter(isFar)).toEqual([]);

    await page.getByRole('button', { name: word, exact: true }).click();
    await page.waitForTimeout(1500);
    const ring = (await inked(page, TOLD)).filter(isFar);
    const off = ring.map((at) => Math.abs(sigma(at) - K95));
    expect(ring.length).toBeGreaterThan(80);
    // Two pixels on the shorter axis.
    expect(Math.max(...off)).toBeLessThan(2 / (SHORT_M * METRE_PX));
    // All around, though dashed: in each of twelve directions.
    const directions = new Set(
      ring.map(([x, y]) => Math.floor(((Math.atan2(y, x) + Math.PI) / Math.PI) * 6)),
    );
    expect(directions.size).toBeGreaterThanOrEqual(12);
    // Of whom nothing, or nothing sensible, is told, nothing is drawn: unknown is not zero.
    expect((await inked(page, UNTOLD)).filter(isFar)).toEqual([]);
    expect((await inked(page, ABSURD)).filter(isFar)).toEqual([]);
    await page.close();
  });
});
