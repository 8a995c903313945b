// The pictures of docs/wall, taken anew: `FAIRWAY_BIN=... npm run shots`.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { at, look, missing, open, run, sourcesOf, until, WHOLE } from '../tests/page';
import { between } from '../tests/proxy';

// Of a feed that has stopped some letters never come, and are not waited for.
process.env.PW_TEST_SCREENSHOT_NO_FONTS_READY = '1';
const INTO = join(import.meta.dirname, '../../../docs/wall');

test.skipIf(missing)('screenshots', { timeout: 600_000 }, async () => {
  mkdirSync(INTO, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'fairway-shots-'));
  const engine = await run(['demo', '--plain', '--seed', '1', '--record', join(folder, 'r')]);
  const browser = await open();
  const shoot = async (
    name: string,
    url: string,
    size = { width: 1920, height: 1080 },
    act?: (page: Awaited<ReturnType<typeof look>>['page']) => Promise<void>,
  ) => {
    const { page } = await look(browser, url, size);
    await until(page, WHOLE, 60_000);
    await act?.(page);
    await page.waitForTimeout(3000);
    await page.screenshot({ path: join(INTO, `${name}.jpg`), type: 'jpeg', quality: 82 });
    await page.close();
  };
  try {
    await new Promise((done) => setTimeout(done, 75_000));
    await shoot('overview', engine.url);
    await shoot('alert-and-camera', at(engine, 'layout=desk'), undefined, async (page) => {
      await until(
        page,
        'window.fairway.app.things.cameras.some((camera) => camera.track !== undefined)',
        60_000,
      );
      await page.evaluate(`(() => {
        const { app } = window.fairway;
        const followed = app.things.cameras.find((camera) => camera.track !== undefined && app.slots.has(camera.track));
        app.select(followed.track);
        const { lat, lon } = app.whereIs(app.slots.get(followed.track));
        app.fly(lat, lon, 12.5);
      })()`);
    });
    await shoot('night', at(engine, 'palette=night&zoom=10.4'));
    await shoot('day', at(engine, 'palette=day&layout=kpi'));
    await shoot('chinese', at(engine, 'lang=zh&layout=alerts'));
    await shoot('cameras', at(engine, 'layout=cameras'));
    await shoot('phone', engine.url, { width: 390, height: 844 });
    await shoot('4k', at(engine, 'zoom=10.6'), { width: 3840, height: 2160 });
    const proxy = await between(Number(new URL(engine.url).port));
    const stalled = new URL(engine.url);
    stalled.port = String(proxy.port);
    await shoot('stale', stalled.href, undefined, async (page) => {
      proxy.stall();
      await page.waitForTimeout(6000);
    });
    proxy.close();
    await engine.stop();
    const replay = await run([
      'replay',
      join(folder, 'r'),
      '--listen',
      '127.0.0.1:0',
      '--wall',
      '127.0.0.1:0',
      '--speed',
      '10',
    ]);
    await shoot('replay', replay.url, undefined, async (page) => page.waitForTimeout(6000));
    await replay.stop();
    const other = join(folder, 'other.toml');
    writeFileSync(other, `${sourcesOf(join(folder, 'r'))}[watch.encounter]\non_delay_s = 45.0\n`);
    const beside = await run(
      ['replay', join(folder, 'r'), '--with', other, '--speed', '10'].concat([
        '--listen',
        '127.0.0.1:0',
        '--wall',
        '127.0.0.1:0',
      ]),
    );
    await shoot('beside', beside.url, undefined, async (page) => page.waitForTimeout(6000));
    await beside.stop();
  } finally {
    await browser.close();
    engine.process.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});
