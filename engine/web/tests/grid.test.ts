import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cellBounds } from '../src/map/grid';

// GB/T 39409-2020: the standard's own examples of level 5, and what they lie in.
test.each([
  ['N50J475493E', 39 + (59 * 60 + 56.1444) / 3600, 116 + (19 * 60 + 14.3184) / 3600],
  ['N50J475491E', 39 + (59 * 60 + 59.7012) / 3600, 116 + (19 * 60 + 5.9808) / 3600],
  ['N50J475492E', 39 + (59 * 60 + 56.526) / 3600, 116 + (19 * 60 + 9.354) / 3600],
])('%s holds the place of the standard', (code, lat, lon) => {
  const bounds = cellBounds(code);
  expect(bounds).toBeDefined();
  if (!bounds) return;
  expect(lat).toBeGreaterThanOrEqual(bounds.south);
  expect(lat).toBeLessThan(bounds.north);
  expect(lon).toBeGreaterThanOrEqual(bounds.west);
  expect(lon).toBeLessThan(bounds.east);
  expect((bounds.north - bounds.south) * 3600).toBeCloseTo(4, 6);
});

test.each(['', 'N', 'X51H', 'N00H', 'N61H', 'N51Z', 'N51H9', 'N51HC0', 'N51H08', 'N51H436', 'N51H43G'])(
  '%j is no cell',
  (code) => {
    expect(cellBounds(code)).toBeUndefined();
  },
);

const shared = process.env.FAIRWAY_SHARED || '../../../shared';
const rows = `${shared}/data/beidou/gridcode_public.csv`;
test.skipIf(!existsSync(rows))(
  'every public row lies in its cells of levels 1 to 6 (skipped: no shared data)',
  () => {
    const [head, ...lines] = readFileSync(rows, 'utf8').trim().split('\n');
    const columns = (head ?? '').split(',');
    let checked = 0;
    for (const line of lines) {
      const fields = line.split(',');
      const field = (name: string) => fields[columns.indexOf(name)] ?? '';
      for (const level of ['L1', 'L2', 'L3', 'L4', 'L5', 'L6']) {
        const bounds = cellBounds(field(level));
        expect(bounds, field(level)).toBeDefined();
        if (!bounds) continue;
        const [lat, lon] = [Number(field('lat')), Number(field('lon'))];
        expect(lat >= bounds.south - 1e-9 && lat <= bounds.north + 1e-9, line).toBe(true);
        expect(lon >= bounds.west - 1e-9 && lon <= bounds.east + 1e-9, line).toBe(true);
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(1000);
  },
);
