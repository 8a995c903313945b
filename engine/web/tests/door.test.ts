// Who is refused, and why: only a server that asks who this is gets a name from the person at the desk.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { look, missing, open, until } from './page';
import { type Stage, serve } from './stage';

const NONE = '{"type":"FeatureCollection","features":[]}';

describe.skipIf(missing)('a refusal', () => {
  let browser: Browser;
  const stages: Stage[] = [];
  const refusing = async (code: number, text: string, before: object[] = []) => {
    const stage = await serve('a coast', NONE, (page) => {
      for (const message of before) page.send(JSON.stringify(message));
      page.send(JSON.stringify({ error: { code, text, closing: true } }));
      page.close();
    });
    stages.push(stage);
    const { page } = await look(browser, stage.url);
    await until(page, 'window.fairway?.app.refusal !== undefined');
    return page;
  };
  const isAsked = (page: { evaluate(script: string): Promise<unknown> }) =>
    page.evaluate("document.querySelector('dialog.sign-in').open");

  beforeAll(async () => {
    browser = await open();
  });
  afterAll(async () => {
    await browser?.close();
    for (const stage of stages) stage.close();
  });

  test('of who is not known asks who it is', async () => {
    const page = await refusing(401, 'this token is not known here');
    await until(page, "document.querySelector('dialog.sign-in').open");
    await page.close();
  });

  test('also where a picture was there before', async () => {
    const page = await refusing(401, 'this token is not known here', [
      { welcome: { epoch: 'e', time_us: 1_795_000_000_000_000, role: 'viewer', resumed: false } },
      { sensor: { name: 'a', kind: 'ais', state: 'ok' } },
      { snapshot_end: {} },
    ]);
    await until(page, "document.querySelector('dialog.sign-in').open");
    await page.close();
  });

  test('for want of room does not', async () => {
    const page = await refusing(503, 'no room');
    await page.waitForTimeout(1500);
    expect(await isAsked(page)).toBe(false);
    await page.close();
  });
});
