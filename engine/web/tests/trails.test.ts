import { expect, test } from 'vitest';
import { Picture } from '../src/feed/picture';
import { STRIDE } from '../src/feed/slots';
import { Targets } from '../src/map/targets';

const START_US = 1_795_000_000_000_000;

/** As the worker and the page do it, without the canvas. */
function sea() {
  const canvas = { addEventListener: () => {}, getContext: () => null };
  const targets = new Targets(canvas as unknown as HTMLCanvasElement);
  const picture = new Picture();
  const welcome = { epoch: 'e', time_us: START_US, role: 'viewer', user: '', server: '', resumed: false };
  picture.apply({ welcome });
  const frame = () => {
    const slots = Uint32Array.from(picture.dirty);
    const values = new Float32Array(slots.length * STRIDE);
    slots.forEach((slot, index) => {
      values.set(picture.values.subarray(slot * STRIDE, (slot + 1) * STRIDE), index * STRIDE);
    });
    const briefs = [...picture.renamed.values()];
    picture.dirty.clear();
    picture.renamed.clear();
    const { baseUs } = picture;
    targets.take({ kind: 'frame', slots, values, briefs, things: {}, events: [], baseUs, isWhole: true });
  };
  const sails = (id: number, atS: number) => {
    const place = { lat: 29.9 + atS * 1e-4, lon: 122.2, sog_kn: 12, cog_deg: 0 };
    picture.apply({
      track: {
        id,
        version: atS,
        life: 'confirmed',
        class: 'class_a',
        time_us: START_US + atS * 1e6,
        ...place,
      },
    });
  };
  return { targets, picture, frame, sails };
}

test('a slot that changes hands within one frame shows no past of its former vessel', () => {
  const { targets, picture, frame, sails } = sea();
  for (const atS of [1, 61, 121]) {
    sails(7, atS);
    frame();
  }
  const slot = picture.slots.find(7) ?? -1;
  expect(targets.trail(slot)).toBe(3);
  picture.apply({ track_gone: { id: 7, reason: 'lost' } });
  sails(8, 125);
  frame();
  expect(picture.slots.find(8)).toBe(slot);
  expect(targets.trail(slot)).toBe(1);
});

test('trails outlive the clock that seconds are counted from', () => {
  const { targets, picture, frame, sails } = sea();
  for (const atS of [1, 14_000, 14_300]) {
    sails(7, atS);
    frame();
  }
  picture.apply({ heartbeat: { time_us: START_US + 14_401e6, tracks: 1 } });
  expect(picture.baseUs).toBe(START_US + 14_401e6);
  frame();
  sails(7, 14_410);
  frame();
  expect(targets.trail(picture.slots.find(7) ?? -1)).toBe(4);
  sails(7, 14_420);
  frame();
  expect(targets.trail(picture.slots.find(7) ?? -1)).toBe(4);
});

test('time that goes back begins a trail anew', () => {
  const { targets, picture, frame, sails } = sea();
  for (const atS of [100, 200, 300]) {
    sails(7, atS);
    frame();
  }
  picture.forget();
  sails(7, 10);
  frame();
  expect(targets.trail(picture.slots.find(7) ?? -1)).toBe(1);
});
