// The radio of a replay: what was said is heard when it is seen, and only at the speed at which it was said.

import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { at, type Engine, look, missing, open, run, until } from './page';

declare const window: {
  fairway: { app: import('../src/app').App; radio: import('../src/radio').Radio };
};

/** So long it is recorded, and played: an hour with `FAIRWAY_SOAK_MINUTES=60`. */
const LENGTH_S = process.env.FAIRWAY_SOAK_MINUTES ? 60 * Number(process.env.FAIRWAY_SOAK_MINUTES) : 25;

describe.skipIf(missing)('the radio of a replay', { timeout: 180_000 + 3000 * LENGTH_S }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairway-radio-'));
  let browser: Browser;
  let engine: Engine;
  /** When the first click was, UTC. */
  let beganUs: number;

  beforeAll(
    async () => {
      const free = await new Promise<number>((done) => {
        const server = createServer().listen(0, '127.0.0.1', () => {
          const address = server.address();
          server.close(() => done(typeof address === 'object' && address ? address.port : 0));
        });
      });
      writeFileSync(
        join(folder, 'fairway.toml'),
        `[[source]]
name = "sea"
kind = "tcp-server"
address = "127.0.0.1:0"
[[source]]
name = "vhf-16"
kind = "udp"
format = "voice"
address = "127.0.0.1:${free}"
[feed]
json = "127.0.0.1:0"
[http]
listen = "127.0.0.1:0"
[record]
path = "recording"
segment_s = 10
`,
      );
      const live = await run(['run', '-c', join(folder, 'fairway.toml')], /./);
      // A click of 5 ms each second of this sender's clock, in µ-law, 20 ms at a time, from when it begins to send.
      const socket = createSocket('udp4');
      const began = performance.now();
      beganUs = (performance.timeOrigin + began) * 1000;
      let sent = 0;
      await new Promise<void>((done) => {
        const timer = setInterval(() => {
          while (sent * 20 + 20 <= performance.now() - began) {
            const packet = Buffer.alloc(172, 0xff);
            packet.writeUInt32BE(0x8000_0000 + (sent & 0xffff), 0);
            packet.writeUInt32BE((sent * 160) >>> 0, 4);
            packet.writeUInt32BE(7, 8);
            if (sent % 50 === 0) packet.fill(Buffer.from([0x80, 0x00]), 12, 52);
            // And somebody who speaks, quieter than that.
            if (sent > 505 && sent < 549) packet.fill(Buffer.from([0x9f, 0x1f]), 12);
            socket.send(packet, free, '127.0.0.1');
            sent += 1;
          }
          if (sent > LENGTH_S * 50) {
            clearInterval(timer);
            done();
          }
        }, 5);
      });
      socket.close();
      await live.stop();
      engine = await run([
        'replay',
        join(folder, 'recording'),
        '--listen',
        '127.0.0.1:0',
        '--wall',
        '127.0.0.1:0',
      ]);
      browser = await open(['--autoplay-policy=no-user-gesture-required']);
    },
    120_000 + 2000 * LENGTH_S,
  );
  afterAll(async () => {
    await browser?.close();
    await engine?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is heard in step with its clock, drawn, and silent at any other speed', async () => {
    const { page, complaints } = await look(browser, at(engine, 'layout=replay&lang=en'));
    await page.locator('.radio select').waitFor();
    const seek = (replay: Record<string, unknown>) =>
      page.evaluate((replay) => window.fairway.app.command({ replay }), replay);
    await until(page, 'window.fairway.app.status?.replaying !== undefined');
    const from = await page.evaluate(() => window.fairway.app.status?.replaying?.fromUs ?? 0);
    await seek({ seek_us: from + 2_000_000, speed: 1, playing: true });
    await page.locator('.radio select').selectOption('vhf-16');
    await until(page, 'window.fairway.radio.isHeard');

    // What comes out, as it comes out: clicks, and what the clock of the picture shows when they are heard.
    const listen = (lengthS: number) =>
      page.evaluate(async (lengthS) => {
        const { app, radio } = window.fairway;
        const context = radio.output?.context as AudioContext;
        const ear = new AnalyserNode(context, { fftSize: 32_768 });
        radio.output?.connect(ear);
        const samples = new Float32Array(ear.fftSize);
        const [clicks, end]: [number[], number] = [[], performance.now() + lengthS * 1000];
        let last = context.currentTime;
        while (performance.now() < end) {
          await new Promise((done) => setTimeout(done, 200));
          const [nowUs, at] = [app.nowUs(), context.currentTime];
          ear.getFloatTimeDomainData(samples);
          for (let n = 1; n < samples.length; n++) {
            const when = at - (samples.length - n) / context.sampleRate;
            if (Math.abs(samples[n] ?? 0) < 0.3 || when < last + 0.5) continue;
            last = when;
            clicks.push(nowUs - (at - when - (context.outputLatency || 0)) * 1e6);
          }
        }
        return { clicks, began: radio.began };
      }, lengthS);
    const heard = await listen(LENGTH_S - 12);
    const offOf = (us: number) => {
      const after = (us - beganUs) / 1e6;
      return 1000 * (after - Math.round(after));
    };
    const off = heard.clicks.map(offOf);
    const sorted = off.map(Math.abs).sort((a, b) => a - b);
    const of = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
    const mean = (some: number[]) => some.reduce((sum, it) => sum + it, 0) / some.length;
    const quarter = Math.ceil(off.length / 4);
    const drift = mean(off.slice(-quarter)) - mean(off.slice(0, quarter));
    process.stderr.write(
      `radio: ${off.length} clicks in ${LENGTH_S - 12} s, half within ${of(0.5).toFixed(1)} ms, ` +
        `99 % within ${of(0.99).toFixed(1)}, drift ${drift.toFixed(1)} ms, begun ${heard.began} times\n`,
    );
    expect(off.length).toBeGreaterThan((LENGTH_S - 12) * 0.8);
    expect(Math.abs(drift)).toBeLessThan(50);
    expect(of(0.5)).toBeLessThan(50);

    // Sent back while it plays: what was to be heard later there is silent, and nothing is heard out of step.
    await seek({ seek_us: from + 1_370_000, playing: true });
    await page.waitForTimeout(1500);
    const again = (await listen(6)).clicks.map(offOf);
    expect(again.length).toBeGreaterThan(4);
    expect(again.length).toBeLessThan(8);
    expect(again.filter((it) => Math.abs(it) < 100).length).toBeGreaterThan(again.length - 2);

    await until(page, "document.querySelector('.radio .heard').textContent === 'in step'");
    const drawn = await page.evaluate(() => {
      const wave = document.querySelector('.radio .wave') as HTMLCanvasElement;
      const pixels = wave.getContext('2d')?.getImageData(0, 0, wave.width, wave.height).data ?? [];
      let count = 0;
      for (let index = 3; index < pixels.length; index += 4) count += pixels[index] ? 1 : 0;
      return { count, height: wave.height };
    });
    expect(drawn.count).toBeGreaterThan(10 * drawn.height);

    // Who spoke stands along the whole time bar; a click is nobody.
    const spoken = await page.evaluate(async () => {
      const { fromUs, toUs } = window.fairway.app.status?.replaying ?? { fromUs: 0, toUs: 0 };
      const answer = await fetch(`voice/vhf-16/spoken?from_us=${fromUs}&to_us=${toUs}`);
      const bar = document.querySelector('.spurts') as HTMLCanvasElement;
      const pixels = bar.getContext('2d')?.getImageData(0, 0, bar.width, 1).data ?? [];
      let drawn = 0;
      for (let index = 3; index < pixels.length; index += 4) drawn += pixels[index] ? 1 : 0;
      const all: { from_us: number; to_us: number }[] = await answer.json();
      return { all, part: drawn / bar.width, lengthUs: toUs - fromUs };
    });
    const [spurt, ...others] = spoken.all;
    expect(others).toEqual([]);
    if (!spurt) throw new Error('nobody spoke');
    expect(Math.abs((spurt.from_us - beganUs) / 1e6 - 10.12)).toBeLessThan(0.2);
    const part = (spurt.to_us - spurt.from_us) / spoken.lengthUs;
    expect(Math.abs(spoken.part - part)).toBeLessThan(0.01);

    if (process.env.FAIRWAY_SHOTS)
      await page.screenshot({ path: join(process.env.FAIRWAY_SHOTS, 'radio.png') });
    await seek({ speed: 2 });
    await until(page, "document.querySelector('.radio .heard').textContent === 'silent: only at ×1'");
    expect(await page.evaluate(() => window.fairway.radio.isHeard)).toBe(false);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
