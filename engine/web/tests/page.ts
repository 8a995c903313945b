// A browser, and the engine that it looks at. Both are real.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

export const FAIRWAY = process.env.FAIRWAY_BIN ?? '';
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

/** Why pages cannot be tested here; `undefined` where they can. */
export const missing = !FAIRWAY || !existsSync(FAIRWAY) ? 'no fairway' : CHROMIUM ? undefined : 'no chromium';
if (missing) process.stderr.write(`skipped: ${missing}\n`);

export function open(more: string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM ?? '',
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
      ...more,
    ],
  });
}

export interface Engine {
  /** Where the wall display is, with an operator's token behind `#`. */
  url: string;
  feedPort: number;
  process: ChildProcess;
  stop(): Promise<void>;
}

/** Runs fairway until it has said where to look. */
export function run(
  args: string[],
  says = /https?:\/\/\S+:\d+\/\S*/,
  heard: (text: string) => void = () => {},
): Promise<Engine> {
  const child = spawn(FAIRWAY, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    let said = '';
    child.once('exit', (code) => reject(new Error(`fairway ended with ${code}: ${said}`)));
    let isKnown = false;
    const take = (data: Buffer) => {
      heard(data.toString());
      if (isKnown) return;
      said += data.toString();
      const url = says.exec(said)?.[0];
      const port = /(?:JSON feed on |nc )127\.0\.0\.1[: ](\d+)/.exec(said)?.[1];
      if (!url || !port) return;
      isKnown = true;
      child.removeAllListeners('exit');
      const gone = new Promise<void>((done) => child.once('exit', () => done()));
      const stop = async () => {
        child.kill('SIGTERM');
        await gone;
      };
      resolve({ url, feedPort: Number(port), process: child, stop });
    };
    child.stdout.on('data', take);
    child.stderr.on('data', (data: Buffer) => {
      process.stderr.write(data);
      take(data);
    });
  });
}

/** With more in its address. */
export function at(engine: Engine, query: string): string {
  const url = new URL(engine.url);
  for (const [key, value] of new URLSearchParams(query)) url.searchParams.set(key, value);
  return url.href;
}

export interface Watched {
  page: Page;
  /** What the browser complained of, and whom else it asked. */
  complaints: string[];
}

export async function look(
  browser: Browser,
  url: string,
  size = { width: 1280, height: 720 },
): Promise<Watched> {
  const page = await browser.newPage({ viewport: size, locale: 'en-GB' });
  const complaints: string[] = [];
  const host = new URL(url).host;
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      // SwiftShader tells how slow it is.
      if (!message.text().includes('GPU stall')) complaints.push(message.text());
    }
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const asked = new URL(request.url());
    if (asked.protocol !== 'blob:' && asked.protocol !== 'data:' && asked.host !== host)
      complaints.push(`asked ${asked.href}`);
  });
  await page.goto(url);
  return { page, complaints };
}

/** Waits until something is true in the page: an expression. */
export async function until(page: Page, what: string, within = 20_000): Promise<void> {
  const end = Date.now() + within;
  while (!(await page.evaluate(what))) {
    if (Date.now() > end) throw new Error(`not within ${within} ms: ${what}`);
    await page.waitForTimeout(50);
  }
}

export const WHOLE = 'window.fairway?.app.isWhole && window.fairway.sea.targets.count() > 0';

/** The sources of a recording, as another configuration has to name them: whoever names none is told which. */
export function sourcesOf(recording: string): string {
  const { stderr } = spawnSync(FAIRWAY, ['replay', recording, '--with', '/dev/null']);
  const names = /those of the recording: (.*)/.exec(stderr.toString())?.[1]?.split(', ') ?? [];
  const source = (name: string) =>
    `[[source]]\nname = "${name}"\nkind = "tcp-server"\naddress = "127.0.0.1:0"\n`;
  return names.map(source).join('');
}
