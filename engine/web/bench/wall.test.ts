// `make bench NAME=wall`: what a frame costs, beside the bare chart in the same browser and the same run; `make soak`:
// whether memory grows in half an hour. Software rendering: only the ratios mean something.

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { look, missing, open, until } from '../tests/page';
import { serve } from '../tests/stage';

declare const window: { fairway: { app: import('../src/app').App; sea: import('../src/map/sea').Sea } };

const SECONDS = Number(process.env.FAIRWAY_BENCH_SECONDS ?? 8);
const SOAK_MIN = Number(process.env.FAIRWAY_SOAK_MINUTES ?? 0);
const SIZE = { width: 1280, height: 720 };

/** Vessels that move, each heard every ten seconds. */
function traffic(page: WebSocket, count: number): void {
  const begun = Date.now();
  const random = (seed: number) => (((Math.sin(seed * 12.9898) * 43758.5453) % 1) + 1) % 1;
  const track = (id: number, version: number) => {
    const seconds = (Date.now() - begun) / 1000;
    const [sog, cog] = [3 + 15 * random(id + 0.3), 360 * random(id + 0.7)];
    const metres = ((sog * 1852) / 3600) * seconds;
    const lat = 29.2 + 2.2 * random(id) + (Math.cos((cog * Math.PI) / 180) * metres) / 111_195;
    const lon = 121.2 + 2.2 * random(id + 0.1) + (Math.sin((cog * Math.PI) / 180) * metres) / 96_500;
    const name = `VESSEL ${id}`;
    return JSON.stringify({
      track: {
        id,
        version,
        life: 'confirmed',
        class: 'class_a',
        time_us: Date.now() * 1000,
        lat,
        lon,
        sog_kn: sog,
        cog_deg: cog,
        heading_deg: cog,
        identity: { mmsi: 412_000_000 + id, name },
        hull: { to_bow: 90, to_stern: 30, to_port: 9, to_starboard: 9 },
      },
    });
  };
  page.send(
    JSON.stringify({ welcome: { epoch: 'a', time_us: Date.now() * 1000, role: 'viewer', resumed: false } }),
  );
  for (let id = 1; id <= count; id += 1) page.send(track(id, 1));
  page.send('{"snapshot_end":{}}');
  let next = 0;
  const each = setInterval(() => {
    const lines: string[] = [];
    for (let n = 0; n < count / 100; n += 1) {
      next += 1;
      lines.push(track((next % count) + 1, 2 + Math.floor(next / count)));
    }
    page.send(lines.join('\n'));
  }, 100);
  const beat = setInterval(
    () => page.send(JSON.stringify({ heartbeat: { time_us: Date.now() * 1000, tracks: count } })),
    1000,
  );
  page.on('close', () => {
    clearInterval(each);
    clearInterval(beat);
  });
}

/** Milliseconds: between frames, and of the page's own work in each. */
async function measure(
  page: Page,
  how: 'bare' | 'still' | 'moving',
): Promise<{ frame: number; busy: number; busy95: number }> {
  await page.evaluate((how) => {
    const { sea } = window.fairway;
    const self = sea as unknown as { bench?: { draw: typeof sea.targets.draw; again(): void } };
    self.bench ??= { draw: sea.targets.draw.bind(sea.targets), again: () => sea.chart.map.triggerRepaint() };
    sea.targets.draw = how === 'bare' ? () => {} : self.bench.draw;
    sea.chart.map.off('render', self.bench.again);
    if (how !== 'still') {
      sea.chart.map.on('render', self.bench.again);
      sea.chart.map.triggerRepaint();
    }
  }, how);
  await page.waitForTimeout(1500);
  return page.evaluate(async (seconds) => {
    const { sea } = window.fairway;
    sea.busyMs.length = 0;
    const gaps: number[] = [];
    let last = performance.now();
    const end = last + seconds * 1000;
    await new Promise<void>((done) => {
      const each = () => {
        const now = performance.now();
        gaps.push(now - last);
        last = now;
        if (now < end) requestAnimationFrame(each);
        else done();
      };
      requestAnimationFrame(each);
    });
    const part = (list: number[], p: number) =>
      [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) * p)] ?? 0;
    return { frame: part(gaps, 0.5), busy: part(sea.busyMs, 0.5), busy95: part(sea.busyMs, 0.95) };
  }, SECONDS);
}

test.skipIf(missing)('what a frame costs', { timeout: 600_000 }, async () => {
  const browser = await open();
  const figures: string[] = [];
  try {
    for (const count of [20_000, 50_000]) {
      const stage = await serve('bench', '{"type":"FeatureCollection","features":[]}', (page) =>
        traffic(page, count),
      );
      const { page } = await look(browser, `${stage.url}?fps=120&zoom=8.6&center=30.3,122.3`, SIZE);
      await until(page, `window.fairway?.sea.targets.count() === ${count}`, 120_000);
      const rows = {
        bare: await measure(page, 'bare'),
        still: await measure(page, 'still'),
        moving: await measure(page, 'moving'),
      };
      await page.evaluate(() => window.fairway.sea.chart.map.jumpTo({ zoom: 9.3 }));
      const near = await measure(page, 'moving');
      const nearBare = await measure(page, 'bare');
      await page.evaluate(() => window.fairway.sea.chart.map.jumpTo({ zoom: 8.6 }));
      const again = await measure(page, 'bare');
      const bare = (rows.bare.frame + again.frame) / 2;
      process.stdout.write(`\n${count} targets that move, ${SIZE.width} x ${SIZE.height}\n`);
      process.stdout.write('                          frame, ms   x bare   own work p50   p95, ms\n');
      for (const [name, row] of Object.entries({ ...rows, 'bare again': again })) {
        const words =
          {
            bare: 'the chart alone',
            still: 'targets, chart at rest',
            moving: 'targets, chart moving',
            'bare again': 'the chart alone, again',
          }[name] ?? '';
        process.stdout.write(
          `${words.padEnd(24)} ${row.frame.toFixed(1).padStart(10)} ${(row.frame / bare).toFixed(2).padStart(8)} ${row.busy.toFixed(2).padStart(14)} ${row.busy95.toFixed(2).padStart(9)}\n`,
        );
      }
      process.stdout.write(
        `symbols instead of dots, chart moving: ${near.frame.toFixed(1)} ms, ${(near.frame / nearBare.frame).toFixed(2)} times the chart alone there, own work ${near.busy.toFixed(2)} ms\n`,
      );
      figures.push(
        `still_${count}=${(rows.still.frame / bare).toFixed(2)} moving_${count}=${(rows.moving.frame / bare).toFixed(2)} work_ms_${count}=${rows.still.busy.toFixed(2)}`,
      );
      await page.close();
      stage.close();
    }
  } finally {
    await browser.close();
  }
  process.stdout.write(`bench wall: ${figures.join(' ')}\n`);
});

test.skipIf(missing || SOAK_MIN === 0)(
  'memory does not grow',
  { timeout: (SOAK_MIN + 5) * 60_000 },
  async () => {
    const browser = await open();
    const stage = await serve('soak', '{"type":"FeatureCollection","features":[]}', (page) =>
      traffic(page, 5000),
    );
    try {
      const { page } = await look(browser, `${stage.url}?layout=desk&fps=4`, SIZE);
      await until(page, 'window.fairway?.sea.targets.count() === 5000', 60_000);
      const client = await page.context().newCDPSession(page);
      const used = async () => {
        await client.send('HeapProfiler.collectGarbage');
        const { usedSize } = await client.send('Runtime.getHeapUsage');
        return usedSize / 2 ** 20;
      };
      const sizes: number[] = [];
      for (let minute = 0; minute <= SOAK_MIN; minute += 1) {
        sizes.push(await used());
        process.stdout.write(`${minute} min ${sizes.at(-1)?.toFixed(1)} MiB\n`);
        if (minute < SOAK_MIN) await page.waitForTimeout(60_000);
      }
      // Trails and charts fill in the first minutes.
      const settled = sizes[Math.min(5, Math.floor(sizes.length / 3))] ?? 0;
      expect(sizes.at(-1) ?? 0).toBeLessThan(1.1 * settled + 2);
    } finally {
      await browser.close();
      stage.close();
    }
  },
);
