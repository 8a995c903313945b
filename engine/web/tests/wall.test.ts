// The wall display in a real browser, on a real engine.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Console } from './console';
import { at, type Engine, look, missing, open, run, until, WHOLE } from './page';
import { between } from './proxy';

declare const window: { fairway: { app: import('../src/app').App; sea: import('../src/map/sea').Sea } };

describe.skipIf(missing)('the wall display', () => {
  let browser: Browser;
  let engine: Engine;
  let beside: Console;

  beforeAll(async () => {
    engine = await run(['demo', '--plain', '--seed', '1']);
    browser = await open();
    beside = new Console(engine.feedPort);
    await beside.until(() => beside.tracks.size > 200);
  });
  // A page that is open draws, and takes the processor from the next.
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(async () => {
    beside?.close();
    await browser?.close();
    await engine?.stop();
  });

  test('shows every target of the feed within three seconds of its first paint, and asks nobody else', async () => {
    const { page, complaints } = await look(browser, engine.url);
    await until(page, WHOLE);
    const sinceFirstPaint = await page.evaluate(() => {
      const paint = performance.getEntriesByName('first-contentful-paint')[0];
      return performance.now() - (paint?.startTime ?? 0);
    });
    expect(sinceFirstPaint).toBeLessThan(3000);
    await until(page, 'window.fairway.app.status.heartbeat?.tracks === window.fairway.sea.targets.count()');
    await page.waitForTimeout(2000);
    expect(complaints).toEqual([]);
  });

  test('draws targets where the feed says they are, to two pixels', async () => {
    const { page } = await look(browser, at(engine, 'zoom=11&center=29.93,122.3&vector=0'));
    await until(page, WHOLE);
    // Of those that lie still the feed of another console tells where they must be.
    const still = [...beside.tracks.values()].filter((track) => Number(track.sog_kn ?? 1) < 0.2);
    expect(still.length).toBeGreaterThan(5);
    const drawn = await page.evaluate(
      (ids) => {
        const { app, sea } = window.fairway;
        const [view, now] = [sea.view(), sea.now()];
        const of = (id: number) => {
          const slot = app.slots.get(id);
          return slot === undefined ? null : sea.targets.screen(slot, view, now);
        };
        return { places: ids.map(of), width: view.width, height: view.height };
      },
      still.map((track) => Number(track.id)),
    );
    // Web Mercator, by its definition.
    const world = 512 * 2 ** 11;
    const y = (lat: number) =>
      (0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI)) * world;
    const errors = still.flatMap((track, index) => {
      const place = drawn.places[index];
      if (!place) return [];
      const right = drawn.width / 2 + ((Number(track.lon) - 122.3) / 360) * world;
      const down = drawn.height / 2 + y(Number(track.lat)) - y(29.93);
      return [Math.hypot(place[0] - right, place[1] - down)];
    });
    expect(errors.length).toBeGreaterThan(5);
    expect(Math.max(...errors)).toBeLessThan(2);
  });

  test('what is drawn is on the screen, not only in numbers', async () => {
    // One that is alone, as a symbol: its pixels are around where the numbers say it is.
    const far = (a: Record<string, unknown>, b: Record<string, unknown>) =>
      Math.hypot(Number(a.lat) - Number(b.lat), (Number(a.lon) - Number(b.lon)) * 0.86);
    const all = [...beside.tracks.values()];
    const seen = all.find((one) => all.every((other) => other.id === one.id || far(one, other) > 0.012));
    expect(seen).toBeDefined();
    if (!seen) return;
    const { page } = await look(browser, at(engine, `zoom=11.5&center=${seen.lat},${seen.lon}&vector=0`));
    await until(page, WHOLE);
    const middle = await page.evaluate(async (id) => {
      await new Promise((done) => setTimeout(done, 1500));
      const canvas = document.querySelector('canvas.targets') as HTMLCanvasElement;
      const copy = document.createElement('canvas');
      [copy.width, copy.height] = [canvas.width, canvas.height];
      const pen = copy.getContext('2d');
      await new Promise((done) => requestAnimationFrame(done));
      const { app, sea } = window.fairway;
      const [view, now, slot] = [sea.view(), sea.now(), app.slots.get(id)];
      const place = slot === undefined ? null : sea.targets.screen(slot, view, now);
      if (!place) return null;
      sea.targets.draw(
        view,
        now,
        sea.palette,
        { vectorMinutes: 0, headings: false, trails: false, uncertainty: false },
        [],
        true,
      );
      pen?.drawImage(canvas, 0, 0);
      const scale = canvas.width / view.width;
      const [cx, cy] = place.map((one) => Math.round(one * scale)) as [number, number];
      const size = 20;
      const pixels =
        pen?.getImageData(cx - size, cy - size, 2 * size, 2 * size).data ?? new Uint8ClampedArray();
      let [left, right, top, bottom] = [1e9, -1e9, 1e9, -1e9];
      for (let index = 3; index < pixels.length; index += 4) {
        if ((pixels[index] ?? 0) < 128) continue;
        const [x, y] = [((index - 3) / 4) % (2 * size), Math.floor((index - 3) / 4 / (2 * size))];
        [left, right, top, bottom] = [
          Math.min(left, x),
          Math.max(right, x),
          Math.min(top, y),
          Math.max(bottom, y),
        ];
      }
      return { x: (left + right + 1) / 2 - size, y: (top + bottom + 1) / 2 - size, width: right - left };
    }, Number(seen.id));
    expect(middle).not.toBeNull();
    if (!middle) return;
    expect(middle.width).toBeGreaterThan(6);
    expect(Math.abs(middle.x)).toBeLessThan(6);
    expect(Math.abs(middle.y)).toBeLessThan(6);
  });

  test('an alert that is acknowledged here is acknowledged everywhere', async () => {
    const { page } = await look(browser, at(engine, 'layout=alerts'));
    await until(page, WHOLE);
    const button = page.locator('.alerts li[data-state="active"] .ack').first();
    await button.waitFor({ timeout: 60_000 });
    const id = Number(
      await page
        .locator('.alerts li[data-state="active"]:has(.ack:not([hidden]))')
        .first()
        .getAttribute('data-alert'),
    );
    await page.locator(`.alerts li[data-alert="${id}"] .ack`).click();
    await beside.until(() => beside.alerts.get(id)?.state !== 'active');
    const told = beside.alerts.get(id);
    // It may have ended in the same moment; whoever acknowledged it is named all the same.
    expect(['acknowledged', 'cleared']).toContain(told?.state);
    expect(told?.user).toBe('demo');
  });

  test('the supervision grid: cells with grade and unit, units with what is in them', async () => {
    const graded = () =>
      [...beside.cells.values()].filter(({ grade }) => grade === 'red' || grade === 'orange');
    await beside.until(
      () => graded().some(({ unit }) => unit !== undefined) && beside.units.size === 4,
      60_000,
    );
    const bureau = beside.units.get('Zhoushan bureau');
    const branches = [...beside.units.values()].filter(({ parent }) => parent === 'Zhoushan bureau');
    expect(branches.length).toBe(2);
    const within = branches.reduce((sum, { vessels }) => sum + Number(vessels), 0);
    expect(Number(bureau?.vessels)).toBeGreaterThanOrEqual(within);
    const { page } = await look(browser, at(engine, 'layout=kpi'));
    await until(page, WHOLE);
    await until(page, 'window.fairway.app.things.cells.some((cell) => cell.grade)');
    await page.locator('.unit-board .units li').nth(3).waitFor();
  });

  test('a viewer sees no button that would be refused', async () => {
    const url = new URL(engine.url);
    url.hash = '';
    url.searchParams.set('layout', 'alerts');
    const { page } = await look(browser, url.href);
    await until(page, WHOLE);
    await page.locator('.alerts li').first().waitFor();
    expect(await page.locator('.alerts .ack:visible').count()).toBe(0);
  });

  test('a feed that falls silent looks broken within three seconds, and heals', async () => {
    const proxy = await between(Number(new URL(engine.url).port));
    const url = new URL(engine.url);
    url.port = String(proxy.port);
    const { page } = await look(browser, url.href);
    await until(page, WHOLE);
    await until(page, "!document.body.classList.contains('stale')");

    proxy.stall();
    const stalled = Date.now();
    await until(page, "document.body.classList.contains('stale')", 10_000);
    expect(Date.now() - stalled).toBeLessThan(3000);
    expect(await page.locator('.broken').isVisible()).toBe(true);
    proxy.heal();
    await until(page, `!document.body.classList.contains('stale') && ${WHOLE}`, 30_000);

    proxy.cut();
    await until(page, "document.body.classList.contains('stale')", 10_000);
    expect(await page.locator('.broken').isVisible()).toBe(true);
    proxy.heal();
    await until(page, `!document.body.classList.contains('stale') && ${WHOLE}`, 30_000);
    await until(
      page,
      'window.fairway.app.status.heartbeat?.tracks === window.fairway.sea.targets.count()',
      30_000,
    );
    proxy.close();
  });

  test('a click on an alert shows whom it is about; a search finds by name', async () => {
    const { page } = await look(browser, engine.url);
    await until(page, WHOLE);
    await page.locator('.alerts li .text').first().click();
    await page.locator('.vessel-card .facts dd').first().waitFor();
    const named = [...beside.tracks.values()].find(
      (track) => (track.identity as { name?: string } | undefined)?.name,
    );
    const { name, mmsi } = (named?.identity ?? {}) as { name: string; mmsi: number };
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.type(String(mmsi));
    await page.locator('.found button').first().waitFor();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.vessel-card .name').textContent(), { timeout: 10_000 }).toBe(name);
  });

  test.each(['day', 'dusk', 'night'])(
    'in the %s palette nothing is too faint or out of reach',
    async (palette) => {
      const { page } = await look(browser, at(engine, `layout=desk&palette=${palette}`));
      await until(page, WHOLE);
      await page.evaluate(() =>
        window.fairway.app.select([...window.fairway.app.slots.keys()].find((id) => id > 0)),
      );
      await page.locator('.vessel-card .facts dd').first().waitFor();
      await page.evaluate(
        readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'),
      );
      const found = await page.evaluate(async () => {
        const { axe } = window as unknown as {
          axe: {
            run(
              what: unknown,
              how: unknown,
            ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
          };
        };
        const { violations } = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa'] });
        return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
      });
      expect(found).toEqual([]);
    },
  );

  test('the keyboard reaches what the mouse does', async () => {
    const { page } = await look(browser, at(engine, 'layout=desk'));
    await until(page, WHOLE);
    await page.locator('.alerts li').first().waitFor();
    const reached = new Set<string>();
    for (let step = 0; step < 60; step += 1) {
      await page.keyboard.press('Tab');
      const where = await page.evaluate(() => {
        const element = document.activeElement;
        return (
          element?.closest('.search, .tools, .alerts, .tabs, .controls, .maplibregl-canvas')?.className ?? ''
        );
      });
      for (const word of where.split(' ')) reached.add(word);
    }
    for (const part of ['search', 'tools', 'alerts', 'controls']) expect([...reached]).toContain(part);
  });

  test.each([
    ['a phone', 390, 844],
    ['a wall of 4K', 3840, 2160],
  ])('on %s nothing runs out of the page', async (_, width, height) => {
    const { page, complaints } = await look(browser, engine.url, { width, height });
    await until(page, WHOLE, 60_000);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(width);
    expect(complaints).toEqual([]);
  });
});

describe.skipIf(missing)('a replay', () => {
  test('is marked, stands still, steps and goes where it is told', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fairway-wall-'));
    const recording = join(folder, 'r');
    const live = await run(['demo', '--plain', '--record', recording, '--for', '20s']);
    await new Promise<void>((done) => live.process.once('exit', () => done()));
    const replay = await run(['replay', recording, '--listen', '127.0.0.1:0', '--wall', '127.0.0.1:0']);
    const browser = await open();
    try {
      const { page, complaints } = await look(browser, replay.url);
      await until(page, WHOLE);
      await page.locator('.watermark').waitFor();
      expect(await page.locator('.watermark').textContent()).toContain('REPLAY');
      // What was raised stands on the time bar from the beginning on, also what has not been shown yet.
      const raised = await page.evaluate(async () => {
        const all: { at_us: number }[] = await (await fetch('events.json')).json();
        const { fromUs, toUs } = window.fairway.app.status?.replaying ?? { fromUs: 0, toUs: 0 };
        const place = (at: number) => Math.round(((at - fromUs) / (toUs - fromUs)) * 1000);
        return new Set(all.filter(({ at_us }) => at_us >= fromUs).map(({ at_us }) => place(at_us))).size;
      });
      expect(raised).toBeGreaterThan(0);
      await expect.poll(() => page.locator('.time-bar .marks i').count()).toBeGreaterThanOrEqual(raised);
      const nowUs = () => page.evaluate(() => window.fairway.app.status?.replaying?.timeUs ?? 0);
      const isPlaying = () => page.evaluate(() => window.fairway.app.status?.replaying?.playing);
      await page.locator('.time-bar button').nth(1).click();
      await expect.poll(isPlaying, { timeout: 10_000 }).toBe(false);
      const still = await nowUs();
      await page.locator('.time-bar button').nth(2).click();
      await expect.poll(nowUs, { timeout: 10_000 }).toBeGreaterThan(still + 2e6);
      await page.evaluate(() => {
        const { fromUs } = window.fairway.app.status?.replaying ?? { fromUs: 0 };
        void window.fairway.app.command({ replay: { seek_us: fromUs + 2_000_000 } });
      });
      await expect.poll(nowUs, { timeout: 10_000 }).toBeLessThan(still + 2e6);
      await until(page, WHOLE);
      // Its figures are a page of their own, that asks for nothing else and is not refused anything.
      const opens = page.waitForEvent('popup');
      await page.locator('.time-bar .figures').click();
      const figures = await opens;
      figures.on('console', (message) => complaints.push(message.text()));
      await figures.reload();
      expect(await figures.locator('h1').textContent()).toBe('Figures of a recording');
      expect(await figures.locator('svg').count()).toBeGreaterThan(1);
      expect(await figures.locator('body').textContent()).toMatch(/\d+ vessels that have a number/);
      const colour = await figures.locator('h1').evaluate((it) => getComputedStyle(it).fontFamily);
      expect(colour).not.toContain('Times');
      if (process.env.FAIRWAY_SHOTS)
        await figures.screenshot({ path: join(process.env.FAIRWAY_SHOTS, 'figures.png'), fullPage: true });
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      await replay.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
