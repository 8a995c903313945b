// BeiDou grid codes (GB/T 39409-2020), two-dimensional, read only: what a cell covers.

export interface Bounds {
  south: number;
  west: number;
  north: number;
  east: number;
}

/** Cell sizes in arc seconds, longitude and latitude, of levels 1 to 6, and whether one digit names both. */
const LEVELS: readonly [number, number, boolean][] = [
  [6 * 3600, 4 * 3600, false],
  [1800, 1800, false],
  [900, 600, true],
  [60, 60, false],
  [4, 4, false],
  [2, 2, true],
];

export function cellBounds(code: string): Bounds | undefined {
  const head = /^([NS])(\d\d)([A-V])/.exec(code);
  if (!head) return undefined;
  const column = Number(head[2]);
  if (column < 1 || column > 60) return undefined;
  const isWest = column <= 30;
  let lon = (isWest ? 30 - column : column - 31) * 6 * 3600;
  let lat = ((head[3] ?? 'A').charCodeAt(0) - 65) * 4 * 3600;
  let [width, height] = [6 * 3600, 4 * 3600];
  let at = 4;
  for (const [wide, high, isSingle] of LEVELS.slice(1)) {
    if (at >= code.length) break;
    const first = Number.parseInt(code[at] ?? '', 16);
    const second = isSingle ? 0 : Number.parseInt(code[at + 1] ?? '', 16);
    if (Number.isNaN(first) || Number.isNaN(second)) return undefined;
    const [x, y] = isSingle ? [first % 2, Math.floor(first / 2)] : [first, second];
    if ((x + 1) * wide > width || (y + 1) * high > height) return undefined;
    lon += x * wide;
    lat += y * high;
    [width, height] = [wide, high];
    at += isSingle ? 1 : 2;
  }
  if (at !== code.length) return undefined;
  const across: [number, number] = isWest
    ? [-(lon + width) / 3600, -lon / 3600]
    : [lon / 3600, (lon + width) / 3600];
  const along: [number, number] =
    head[1] === 'S' ? [-(lat + height) / 3600, -lat / 3600] : [lat / 3600, (lat + height) / 3600];
  return { west: across[0], east: across[1], south: along[0], north: along[1] };
}
