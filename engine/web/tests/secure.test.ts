// The wall display over HTTPS, where people sign in: every way in and out, in a real browser on a real engine.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Certificate, certify } from './certificate';
import { type Engine, FAIRWAY, missing, open, run, until, WHOLE } from './page';

const PASSWORD = 'correct horse battery';
const SESSION_S = 30;
/** One vessel off San Francisco, as AIVDM: whoever sees it has the picture. */
const REPORT = '!AIVDM,1,1,,A,15MgK45P3@G?fl0E`JbR0OwT0@MS,0*4E\r\n';

describe.skipIf(missing)('over HTTPS, where people sign in', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairway-secure-'));
  const certificate: Certificate = certify();
  let browser: Browser;
  let engine: Engine;
  let sea: Socket;
  let home: string;

  beforeAll(async () => {
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    file('fairway.crt', certificate.certificate);
    file('fairway.key', certificate.key);
    const people = join(folder, 'people');
    for (const [name, role] of [
      ['Lin Wei', 'supervisor'],
      ['林伟', 'viewer'],
    ] as const) {
      execFileSync(FAIRWAY, ['people', '--file', people, 'add', name, '--role', role], {
        input: `${PASSWORD}\n`,
      });
    }
    const config = file(
      'fairway.toml',
      `[[source]]\nname = "sea"\nkind = "tcp-server"\naddress = "127.0.0.1:0"\n[feed]\njson = "127.0.0.1:0"\n
[http]\nlisten = "127.0.0.1:0"\n[tls]\ncertificate = "fairway.crt"\nkey = "fairway.key"\n
[people]\npath = "people"\nsession_s = ${SESSION_S}\n`,
    );
    let said = '';
    engine = await run(['run', '-c', config], undefined, (text) => {
      said += text;
    });
    const port = /source `sea` listens on 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
    sea = createConnection(Number(port), '127.0.0.1', () => sea.write(REPORT));
    expect(engine.url).toMatch(/^https:/);
    home = new URL('/', engine.url).href;
    browser = await open([`--ignore-certificate-errors-spki-list=${certificate.pin}`]);
  });
  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close();
  });
  afterAll(async () => {
    await browser?.close();
    sea?.destroy();
    await engine?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function visit(path: string, locale = 'en-GB') {
    const context: BrowserContext = await browser.newContext({
      viewport: { width: 1280, height: 720 },
      locale,
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('GPU stall'))
        complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (request.url().startsWith('http:')) complaints.push(`in the open: ${request.url()}`);
    });
    await page.goto(home + path);
    return { context, page, complaints };
  }

  async function signIn(page: Page, name: string, password: string) {
    await page.locator('input[name=name]').fill(name);
    await page.locator('input[name=password]').fill(password);
    await page.keyboard.press('Enter');
    if (password === PASSWORD) await page.waitForURL((url) => url.pathname === '/');
  }

  const isAtLogin = (page: Page) => new URL(page.url()).pathname === '/login';
  const shoot = (page: Page, name: string) =>
    process.env.FAIRWAY_SHOTS
      ? page.screenshot({ path: join(process.env.FAIRWAY_SHOTS, `${name}.png`) })
      : undefined;

  test('a stranger is sent to the form, whoever signs in sees the picture, and whoever signs out no more', async () => {
    const { context, page, complaints } = await visit('?layout=alerts&palette=day');
    expect(isAtLogin(page)).toBe(true);
    await page.locator('h1', { hasText: 'Fairway' }).waitFor();
    // The policy lets its own style through, or this would be black on white.
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(8, 24, 34)');
    await shoot(page, 'login');
    await signIn(page, 'Lin Wei', 'wrong');
    await page.locator('[role=alert]', { hasText: 'wrong' }).waitFor();
    await shoot(page, 'login-wrong');
    expect(complaints.splice(0)).toHaveLength(1);

    await signIn(page, 'Lin Wei', PASSWORD);
    await until(page, WHOLE, 60_000);
    // What the address asked for is still there.
    expect(page.url()).toBe(`${home}?layout=alerts&palette=day`);
    expect(await page.evaluate('window.fairway.app.status.welcome.user')).toBe('Lin Wei');
    expect(await page.locator('header .who').textContent()).toBe('Lin Wei · supervisor');
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ name: 'fairway', httpOnly: true, secure: true, sameSite: 'Strict' });
    await shoot(page, 'signed-in');
    expect(complaints).toEqual([]);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL((url) => url.pathname === '/login');
    expect(await context.cookies()).toEqual([]);
    expect(new URL(page.url()).search).toBe('?layout=alerts&palette=day');
    // The session is over at the server too, not only the cookie gone.
    await context.addCookies([cookie].filter((one) => one !== undefined));
    const asked = await context.request.get(`${home}wall.json`, { ignoreHTTPSErrors: true });
    expect(asked.status()).toBe(401);
  });

  test('whose session ends while the page is open is asked again, in Chinese where that is wanted', async () => {
    const { page } = await visit('?layout=kpi&lang=zh', 'zh-CN');
    expect(isAtLogin(page)).toBe(true);
    await page.getByRole('button', { name: '登录' }).waitFor();
    await shoot(page, 'login-zh');
    await signIn(page, '林伟', PASSWORD);
    await until(page, WHOLE, 60_000);
    await page.getByRole('button', { name: '退出登录' }).waitFor();
    expect(await page.locator('header .who').textContent()).toContain('林伟');
    await page.waitForURL((url) => url.pathname === '/login', { timeout: (SESSION_S + 15) * 1000 });
    expect(new URL(page.url()).search).toBe('?layout=kpi&lang=zh');
  });

  test('on a phone the form fits', async () => {
    const { page } = await visit('');
    await page.setViewportSize({ width: 320, height: 568 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    await shoot(page, 'login-phone');
  });
});
