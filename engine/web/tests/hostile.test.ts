// A server that lies: the page neither breaks nor runs what it is told.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { look, missing, open, until } from './page';
import { type Stage, serve } from './stage';

const MARKUP = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>';
const NOW = 1_795_000_000_000_000;

const track = (id: number, more: object) => ({
  track: {
    id,
    version: 1,
    life: 'confirmed',
    class: 'class_a',
    time_us: NOW,
    lat: 29.95,
    lon: 122.25,
    ...more,
  },
});
const LIES: unknown[] = [
  { welcome: { epoch: MARKUP, time_us: NOW, role: MARKUP, user: MARKUP, server: MARKUP, resumed: false } },
  track(1, { identity: { name: MARKUP, destination: MARKUP, callsign: MARKUP, mmsi: 412000001 } }),
  track(2, { identity: { name: '\u202eGNET GNOL\u202c مرحبا', mmsi: 412000002 }, lat: 29.96 }),
  track(3, { identity: { name: 'X'.repeat(200_000) }, lat: 29.97 }),
  track(4, { lat: 90, lon: 180, sog_kn: 100, cog_deg: 0 }),
  track(5, { lat: -90, lon: -180 }),
  track(6, { lat: 0, lon: 179.99999, sog_kn: 50, cog_deg: 90 }),
  track(7, { lat: null, lon: {} }),
  track(8, { lat: 1e308, lon: 1e308 }),
  track(9, { time_us: 9e18, sog_kn: -4, cog_deg: 4000, hull: { to_bow: 1e300, to_stern: -1 } }),
  track(10, {
    time_us: 1,
    cov_m2: [1e300, Number.MAX_VALUE, -1],
    heard: [{ source: MARKUP, time_us: 'x' }, null, 3],
  }),
  { track: { id: 2 ** 63, version: 1, time_us: NOW, lat: 1, lon: 1 } },
  {
    alert: {
      id: 1,
      kind: 101,
      priority: 'alarm',
      state: 'active',
      revision: 1,
      raised_us: NOW,
      text_en: MARKUP,
      text_zh: MARKUP,
      tracks: [1, 999, 'x'],
      lat: 29.95,
      lon: 122.25,
    },
  },
  { alert: { id: 2, kind: 1e9, priority: MARKUP, state: 'active', text_en: 'A'.repeat(100_000) } },
  {
    zone: {
      name: MARKUP,
      polygon: [{ lat: 1 }, { lat: 29, lon: 122 }, { lat: 29, lon: 123 }, { lat: 30, lon: 123 }],
    },
  },
  { zone: { name: 'flat', polygon: [] } },
  { unit: { name: MARKUP, officer: MARKUP, grade: MARKUP, polygon: 'no' } },
  { cell: { code: 'N51H43435', vessels: 1e300, grade: 'red' } },
  { cell: { code: '../../etc', vessels: 3, grade: 'red' } },
  { camera: { name: MARKUP, lat: 29.9, lon: 122.3, state: MARKUP, footprint: [null], reason: MARKUP } },
  { picture: { camera: MARKUP, sha256: '../../../wall.json', track: 1 } },
  { picture: { camera: 'a', sha256: 'javascript:alert(1)' } },
  { sensor: { name: MARKUP, state: MARKUP, kind: MARKUP, rate_hz: 1e300 } },
  { cue: { camera: MARKUP, track: 1, reason: MARKUP } },
  { mark: { mmsi: 992000001, kind: MARKUP, name: MARKUP, lat: 29.9, lon: 122.2 } },
  { replaying: { time_us: NOW, from_us: 9e15, to_us: -9e15, speed: 1e300, playing: 'yes' } },
  { digest: { waiting: 0, tracks: { count: 1e9 } } },
  { merge: 7, split: [], constructor: {}, hasOwnProperty: {} },
  { snapshot_end: {} },
  { heartbeat: { time_us: NOW + 1_000_000, tracks: 5 } },
];

describe.skipIf(missing)('a server that lies', () => {
  let browser: Browser;
  let stage: Stage;

  beforeAll(async () => {
    const areas =
      '{"type":"FeatureCollection","features":[{"type":"Feature","properties":null,"geometry":null},7]}';
    stage = await serve(MARKUP, areas, (page) => {
      for (const lie of LIES) page.send(JSON.stringify(lie));
      page.send('{"track":{"id":11,"lat":NaN}}\n\n}{\nnull\n[]\n"x"\n');
      page.send(Buffer.from([0, 1, 2, 255]));
    });
    browser = await open();
  });
  afterAll(async () => {
    await browser?.close();
    stage?.close();
  });

  test('runs nothing of what it says, and the page goes on', async () => {
    const { page, complaints } = await look(browser, `${stage.url}?layout=desk`);
    await until(page, 'window.fairway?.sea.targets.count() >= 6');
    await page.evaluate('window.fairway.app.select(1)');
    await page.locator('.vessel-card .facts dd').first().waitFor();
    expect(await page.locator('.vessel-card .name').textContent()).toContain('<img');
    await page.locator('.alerts li').first().waitFor();
    await page.waitForTimeout(1500);
    expect(await page.evaluate('window.hurt')).toBeUndefined();
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    const frames = await page.evaluate('window.fairway.sea.frames');
    await page.waitForTimeout(1500);
    expect(Number(await page.evaluate('window.fairway.sea.frames'))).toBeGreaterThan(Number(frames));
    expect(Number(await page.evaluate('window.fairway.app.status.counts.refused'))).toBeGreaterThan(5);
    expect(complaints).toEqual([]);
  });
});
