// A replay with another configuration's picture beside it: two pictures, one time bar, and which is which.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, type Engine, look, missing, open, run, sourcesOf, until, WHOLE } from './page';

declare const window: {
  fairway: {
    app: import('../src/app').App;
    sea: import('../src/map/sea').Sea;
    beside: import('../src/beside').Beside;
  };
};

const BOTH = `${WHOLE} && window.fairway.beside.app.isWhole && window.fairway.beside.sea.targets.count() > 0`;

describe.skipIf(missing)('a replay, as recorded beside re-run', { timeout: 180_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairway-beside-'));
  const recording = join(folder, 'r');
  const other = join(folder, 'other.toml');
  let browser: Browser;
  let engine: Engine;

  beforeAll(async () => {
    const live = await run(['demo', '--plain', '--seed', '1', '--record', recording, '--for', '40s']);
    await new Promise<void>((done) => live.process.once('exit', () => done()));
    // Nothing is drawn in it, and so nothing is raised of bridges and zones.
    writeFileSync(other, sourcesOf(recording));
    const listen = ['--listen', '127.0.0.1:0', '--wall', '127.0.0.1:0'];
    engine = await run(['replay', recording, '--with', other, ...listen]);
    browser = await open();
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await engine?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('the two are in step, look at the same place, and say which is which and what only one has', async () => {
    const { page, complaints } = await look(browser, at(engine, 'lang=en&palette=dusk'), {
      width: 1600,
      height: 900,
    });
    await until(page, BOTH, 60_000);
    const labels = await page.locator('.side').allTextContents();
    expect(labels).toEqual(['As recorded', 'Re-run: other.toml']);
    const [left, right] = await Promise.all(
      [0, 1].map((index) => page.locator('.sea').nth(index).boundingBox()),
    );
    if (!left || !right) throw new Error('not two pictures');
    expect(right.x).toBeGreaterThanOrEqual(left.x + left.width);
    expect(Math.min(left.width, right.width)).toBeGreaterThan(400);
    expect(right.y).toBe(left.y);

    // The time bar moves both, to the same entry: forward, and back.
    for (const part of [1, 0.5, 0.97]) {
      const code = await page.evaluate(async (part) => {
        const { fromUs, toUs } = window.fairway.app.status?.replaying ?? { fromUs: 0, toUs: 0 };
        const seek_us = Math.round(fromUs + part * (toUs - fromUs));
        return (await window.fairway.app.command({ replay: { seek_us, playing: false } })).code;
      }, part);
      expect(code).toBe(200);
      await until(
        page,
        `(() => {
          const [one, other] = [window.fairway.app.status, window.fairway.beside.app.status];
          const { fromUs, toUs, timeUs } = one.replaying;
          const isThere = Math.abs(timeUs - fromUs - ${part} * (toUs - fromUs)) < 3e6;
          return isThere && !one.replaying.playing && timeUs === other.replaying.timeUs && other.timeUs === timeUs;
        })()`,
      );
      await until(page, `${BOTH} && document.querySelector('.late').hidden`);
    }
    const apart = await page.evaluate(() => {
      const { app, beside } = window.fairway;
      const places = (of: typeof app) => {
        const found = new Map<number, { lat: number; lon: number }[]>();
        for (const { id, slot, mmsi } of of.briefs.values()) {
          const at = id > 0 && mmsi !== undefined ? of.whereIs(slot) : undefined;
          if (at && mmsi !== undefined) found.set(mmsi, [...(found.get(mmsi) ?? []), at]);
        }
        return found;
      };
      const [one, other] = [places(app), places(beside.app)];
      // Some vessels have the number of another one.
      return [...one].flatMap(([mmsi, [here, ...more]]) => {
        const [there] = other.get(mmsi) ?? [];
        if (!here || more.length > 0) return [];
        return [there ? Math.hypot(here.lat - there.lat, here.lon - there.lon) * 111_195 : 1e9];
      });
    });
    // The same tracker over the same inputs, but for what radars of another configuration are said to see.
    expect(apart.length).toBeGreaterThan(100);
    expect(apart.filter((metres) => metres < 10).length).toBeGreaterThan(0.9 * apart.length);

    // What is raised differs, and which is only in one is said.
    const kinds = await page.evaluate(() =>
      [window.fairway.app, window.fairway.beside.app].map((app) => app.things.alerts.map(({ kind }) => kind)),
    );
    expect(kinds[0]?.length).toBeGreaterThan(kinds[1]?.length ?? 0);
    await page.locator('.alert-board:not(.of-beside) li.only-here').first().waitFor();
    expect(
      await page.locator('.alert-board:not(.of-beside) li.only-here .what').first().textContent(),
    ).toContain('only here');
    expect(await page.locator('.alert-board h2').allTextContents()).toEqual([
      'Alerts: As recorded',
      'Alerts: Re-run',
    ]);

    // What the configuration drew then, typhoon and all; the other one draws nothing, and is told of the same typhoon.
    const drawn = (which: string) =>
      page.evaluate(
        `[...new Set(window.fairway.${which}.chart.map.querySourceFeatures('areas').map((it) => it.properties.kind))]`,
      );
    await expect
      .poll(() => drawn('sea'), { timeout: 10_000 })
      .toEqual(expect.arrayContaining(['bridge', 'storm']));
    expect(await drawn('beside.sea')).not.toEqual(expect.arrayContaining(['bridge']));
    const storms = (address: string) =>
      page.evaluate(
        `fetch('${address}').then((it) => it.json()).then((it) => it.features.filter(({ properties }) => properties.kind === 'storm').length)`,
      );
    expect(await storms('areas.json')).toBeGreaterThan(0);
    expect(await storms('beside/areas.json')).toBe(await storms('areas.json'));

    // One view and one vessel.
    await page.evaluate(() =>
      window.fairway.beside.sea.chart.map.jumpTo({ center: [122.1, 29.8], zoom: 11 }),
    );
    const views = await page.evaluate(() =>
      [window.fairway.sea, window.fairway.beside.sea].map(({ chart }) => [
        chart.map.getCenter().lng,
        chart.map.getCenter().lat,
        chart.map.getZoom(),
      ]),
    );
    expect(views[0]).toEqual(views[1]);
    const selected = await page.evaluate(() => {
      const { app, beside } = window.fairway;
      const named = [...app.briefs.values()].find(({ id, mmsi }) => id > 0 && mmsi !== undefined);
      app.select(named?.id);
      const slot = beside.app.slots.get(beside.app.selected ?? 0);
      return [named?.mmsi, slot === undefined ? undefined : beside.app.briefs.get(slot)?.mmsi];
    });
    expect(selected[0]).toBe(selected[1]);
    if (process.env.FAIRWAY_SHOTS) {
      await page.waitForTimeout(2000);
      await page.screenshot({ path: join(process.env.FAIRWAY_SHOTS, 'beside.png') });
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('on a phone the two are one below the other, and do not run out of the page', async () => {
    const { page } = await look(browser, at(engine, 'lang=zh'), { width: 390, height: 844 });
    await until(page, BOTH, 60_000);
    expect(await page.locator('.side').allTextContents()).toEqual(['原始记录', '重新计算: other.toml']);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(390);
    await page.close();
  });

  test('other layouts show what was recorded alone', async () => {
    const { page: overview } = await look(browser, at(engine, 'layout=overview'));
    await until(overview, WHOLE, 60_000);
    expect(await overview.locator('.sea').count()).toBe(1);
    await overview.close();
  });
});
