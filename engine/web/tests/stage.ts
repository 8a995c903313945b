// The page served without an engine, and a feed that says what a test wants it to say.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';

const PAGE = join(import.meta.dirname, '../dist/page');
const COAST = join(import.meta.dirname, '../../../fixtures/chart/coast.geojson');
const MEDIA: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
// As `engine/src/wall` has it.
const POLICY =
  "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'";

const EVIL = '<img src=x onerror="window.hurt = 1">';
const EVENTS = [
  null,
  { at_us: 'soon', kind: EVIL },
  { at_us: 1e300, kind: EVIL },
  { at_us: 1e15, kind: EVIL },
  'alarm',
];

export interface Stage {
  url: string;
  close(): void;
}

/** Speaks to every page that has said hello. */
export async function serve(title: string, areas: string, speak: (page: WebSocket) => void): Promise<Stage> {
  const chart = { url: 'chart.geojson', kind: 'geojson', max_zoom: null, note: title };
  const place = { title, title_zh: title, center: [29.95, 122.25], zoom: 10, port: null, chart, version: '' };
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    response.setHeader('content-security-policy', POLICY);
    if (path === '/wall.json') return response.end(JSON.stringify(place));
    if (path === '/areas.json') return response.end(areas);
    // Of a replay: as odd as the feed.
    if (path === '/voice.json') return response.end(JSON.stringify({ channels: [EVIL, 7, null, {}] }));
    if (path === '/events.json') return response.end(JSON.stringify(EVENTS));
    if (path === '/chart.geojson') return response.end(readFileSync(COAST));
    try {
      const bytes = readFileSync(join(PAGE, path === '/' ? 'index.html' : path));
      response.setHeader('content-type', MEDIA[extname(path)] ?? 'text/html; charset=utf-8');
      response.end(bytes);
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  new WebSocketServer({ server }).on('connection', (page) => page.once('message', () => speak(page)));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
