// Three palettes: day, dusk and night. What is said by colour is also said by shape or by a word; alarm red is
// for alarms alone.

export const PALETTES = ['day', 'dusk', 'night'] as const;
export type PaletteName = (typeof PALETTES)[number];

export interface Palette {
  sea: string;
  land: string;
  shore: string;
  grid: string;
  ink: string;
  halo: Float32Array;
  label: string;
  labelHalo: string;
  zone: string;
  zoneAlarm: string;
  lane: string;
  storm: string;
  camera: string;
  measure: string;
  grades: Record<'red' | 'orange' | 'yellow' | 'blue', string>;
  /** ais, radar, fused, beidou, doubt, lost, net, mark */
  targets: Float32Array;
  targetInks: string[];
  /** selected, alarm, warning, camera */
  rings: Float32Array;
  trail: Float32Array;
}

function rgb(...colours: string[]): Float32Array {
  return Float32Array.from(
    colours.flatMap((hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)),
  );
}

function palette(
  of: Omit<Palette, 'targets' | 'rings' | 'trail' | 'halo'> & {
    rings: string[];
    trail: string;
    halo: string;
  },
): Palette {
  return {
    ...of,
    targets: rgb(...of.targetInks),
    rings: rgb(...of.rings),
    trail: rgb(of.trail),
    halo: rgb(of.halo),
  };
}

const of: Record<PaletteName, Palette> = {
  day: palette({
    sea: '#d7e6ee',
    land: '#efe8d2',
    shore: '#8f8766',
    grid: '#9db4c0',
    ink: '#12202b',
    halo: '#f4fafd',
    label: '#12202b',
    labelHalo: '#eef5f8',
    zone: '#7a3b9a',
    zoneAlarm: '#8a5a00',
    lane: '#a04a8e',
    storm: '#3b2f8f',
    camera: '#0a6a70',
    measure: '#12202b',
    grades: { red: '#d0473f', orange: '#d9822b', yellow: '#c9a800', blue: '#3f7fc4' },
    targetInks: ['#0b6b3a', '#7a5a00', '#0a4fa3', '#7d1f86', '#b04a00', '#5c666d', '#6b5b3a', '#48306f'],
    rings: ['#12202b', '#c40016', '#a86400', '#0a6a70'],
    trail: '#3f6176',
  }),
  dusk: palette({
    sea: '#0d2230',
    land: '#3b3a2c',
    shore: '#8a8562',
    grid: '#33506180',
    ink: '#e8f1f5',
    halo: '#06131c',
    label: '#e8f1f5',
    labelHalo: '#06131c',
    zone: '#c79be0',
    zoneAlarm: '#f0c05a',
    lane: '#d58fc8',
    storm: '#b9b2ff',
    camera: '#5fd6d6',
    measure: '#ffffff',
    grades: { red: '#ff6a5e', orange: '#ffa24d', yellow: '#ffe066', blue: '#6ab2ff' },
    targetInks: ['#4fe08f', '#ffd84d', '#6cc0ff', '#e79bff', '#ffab66', '#93a2ac', '#cdbb8b', '#c5b0f5'],
    rings: ['#ffffff', '#ff2e3e', '#ffc233', '#5fd6d6'],
    trail: '#a9c4d2',
  }),
  night: palette({
    sea: '#04090d',
    land: '#14140e',
    shore: '#4c4a36',
    grid: '#1c2d37',
    ink: '#9fb0b8',
    halo: '#010203',
    label: '#a4b4bc',
    labelHalo: '#010203',
    zone: '#8567a0',
    zoneAlarm: '#a5823a',
    lane: '#8c5c84',
    storm: '#7d78b8',
    camera: '#3f9292',
    measure: '#b9c6cc',
    grades: { red: '#b3433b', orange: '#b0702f', yellow: '#a8923c', blue: '#44749f' },
    targetInks: ['#2f9a5e', '#ad9233', '#4383b3', '#9d69ae', '#b07540', '#626d74', '#857a5a', '#8375a6'],
    rings: ['#c5d0d6', '#ff3040', '#c8962a', '#3f9292'],
    trail: '#61737d',
  }),
};

export const paletteOf = (name: PaletteName): Palette => of[name];
