import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { text } from '../src/feed/messages';
import { Picture } from '../src/feed/picture';
import { AT, HEARD, LOOK, mercator, STRIDE, unmercator, where } from '../src/feed/slots';

const FEED = '../../docs/feed/server.jsonl';

function told(...messages: unknown[]): Picture {
  const picture = new Picture();
  picture.apply({ welcome: { epoch: 'a', time_us: 1e15, resumed: false } });
  for (const message of messages) picture.apply(message);
  return picture;
}

test('what the documentation shows of the feed is understood, all of it', () => {
  const picture = new Picture();
  for (const line of readFileSync(FEED, 'utf8').trim().split('\n')) picture.apply(JSON.parse(line));
  expect(picture.refused).toBe(0);
  expect(picture.tracks.size).toBeGreaterThan(0);
});

test('a track is where it was said to be, and moves by its own velocity', () => {
  const picture = told({
    track: {
      id: 7,
      version: 1,
      life: 'confirmed',
      time_us: 1e15,
      lat: 30,
      lon: 122,
      sog_kn: 20,
      cog_deg: 90,
    },
  });
  const slot = picture.slots.find(7) ?? -1;
  const at = unmercator(...where(picture.values, slot, 0));
  expect(at.lat).toBeCloseTo(30, 6);
  expect(at.lon).toBeCloseTo(122, 6);
  const later = unmercator(...where(picture.values, slot, 10));
  // Ten seconds at twenty knots, eastwards: 102.9 m.
  const metres = (later.lon - at.lon) * 111_319.49 * Math.cos((30 * Math.PI) / 180);
  expect(metres).toBeGreaterThan(102);
  expect(metres).toBeLessThan(104);
  // Nobody is moved for longer than half a minute.
  expect(where(picture.values, slot, 30)).toEqual(where(picture.values, slot, 3000));
});

test('an older version changes nothing, and what has gone is gone', () => {
  const track = { id: 7, version: 5, life: 'confirmed', time_us: 1e15, lat: 30, lon: 122 };
  const picture = told({ track }, { track: { ...track, version: 4, lat: 10 } });
  expect(picture.tracks.get(7)?.lat).toBe(30);
  picture.apply({ track_gone: { id: 7, reason: 'lost' } });
  expect(picture.tracks.size).toBe(0);
  expect(picture.slots.find(7)).toBeUndefined();
});

test('what the configuration has no more is not shown, and water is where it is said to go', () => {
  const polygon = [
    { lat: 30, lon: 122 },
    { lat: 30, lon: 122.1 },
    { lat: 30.1, lon: 122 },
  ];
  const picture = told(
    { sensor: { name: 'hill', state: 'up' } },
    { unit: { name: 'north', polygon, vessels: 3 } },
    { cell: { code: 'N36J0093', vessels: 2, current: { set_deg: 315, rate_kn: 2.4, sigma_kn: 0.3 } } },
    { cell: { code: 'N36J0094', vessels: 2, current: { rate_kn: 'x' } } },
  );
  expect([picture.sensors.size, picture.units.size, picture.cells.size]).toEqual([1, 1, 2]);
  const current = { setDeg: 315, rateKn: 2.4, sigmaKn: 0.3 };
  expect(picture.cells.get('N36J0093')?.current).toEqual(current);
  expect(picture.cells.get('N36J0094')?.current).toBeUndefined();
  picture.apply({ sensor: { name: 'hill' } });
  picture.apply({ unit: { name: 'north' } });
  expect([picture.sensors.size, picture.units.size]).toEqual([0, 0]);
});

test('who hears a track is told by its sources', () => {
  const heard = [
    { source: 'shore', time_us: 1e15 },
    { source: 'hill', time_us: 1e15 - 5e6 },
    { source: 'old hill', time_us: 1e15 - 300e6 },
  ];
  const sensor = (name: string, kind: string) => ({ sensor: { name, kind, state: 'up' } });
  const track = {
    id: 7,
    version: 5,
    life: 'lost',
    class: 'class_a',
    time_us: 1e15,
    lat: 30,
    lon: 122,
    heard,
  };
  const picture = told(sensor('shore', 'ais'), sensor('hill', 'radar'), sensor('old hill', 'radar'), {
    track,
  });
  const look = picture.values[(picture.slots.find(7) ?? 0) * STRIDE + AT.look];
  expect(look).toBe(LOOK.present | HEARD.ais | HEARD.radar | LOOK.lost);
});

test.each([
  [{ track: { id: 1, version: 1, time_us: 1e15, lat: Number.NaN, lon: 122 } }],
  [{ track: { id: 1, version: 1, time_us: 1e15, lat: 91, lon: 122 } }],
  [{ track: { id: 1, version: 1, time_us: 1e15, lat: '30', lon: 122 } }],
  [{ track: { id: 'x', version: 1, time_us: 1e15, lat: 30, lon: 122 } }],
  [{ track: null }],
  [{ alert: { id: 1, state: 'exploded' } }],
  [{ cell: { code: 7 } }],
  [{ camera: { name: 'a', lat: 1 } }],
  ['text'],
  [null],
  [[1, 2]],
])('%j costs itself and nothing else', (message) => {
  const picture = told(message, { track: { id: 2, version: 1, time_us: 1e15, lat: 30, lon: 122 } });
  expect(picture.refused).toBe(1);
  expect([...picture.tracks.keys()]).toEqual([2]);
  expect(picture.alerts.size + picture.cells.size + picture.cameras.size).toBe(0);
});

test('what is not known to this page is passed over', () => {
  expect(told({ something_new: { a: 1 } }, { constructor: { a: 1 } }).refused).toBe(0);
});

test('a picture that is not the server’s is asked for again', () => {
  const picture = told({ snapshot_end: {} }, { digest: { waiting: 0, tracks: { count: 3, crc: 1 } } });
  expect(picture.isOff).toBe(true);
  picture.apply({ digest: { waiting: 0, tracks: { count: 0, crc: 0 } } });
  expect(picture.isOff).toBe(false);
});

test('places far from the usual: poles, the antimeridian, and what lies beyond', () => {
  for (const [lat, lon] of [
    [90, 0],
    [-90, 180],
    [0, -180],
    [0, 180],
    [85.06, 179.9999],
  ] as const) {
    const [x, y] = mercator(lat, lon);
    expect(Number.isFinite(x) && Number.isFinite(y)).toBe(true);
    expect(y).toBeGreaterThanOrEqual(-0.001);
    expect(y).toBeLessThanOrEqual(1.001);
  }
});

test('texts lose what is no text, and their length', () => {
  expect(text('LONG\u202eTENG\u0000 1')).toBe('LONGTENG 1');
  expect([...(text('长'.repeat(300)) ?? '')].length).toBe(64);
  expect(text('<img src=x onerror=alert(1)>')).toBe('<img src=x onerror=alert(1)>');
  expect(text(7)).toBeUndefined();
});
