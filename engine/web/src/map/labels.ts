// All text on the map, on one canvas of two dimensions: at most sixty names, and none over another.

import { AT, LOOK, STRIDE } from '../feed/slots';
import type { Palette } from '../palette';
import { SYMBOL_PX, type Targets, type View } from './targets';

export const MOST_LABELS = 60;

export interface Label {
  slot: number;
  lines: string[];
  isStrong: boolean;
  /** Where its first line begins, from the target. */
  dx: number;
  dy: number;
}

export interface Note {
  x: number;
  y: number;
  text: string;
  size: number;
  colour: string;
}

/** Chooses whom to name, the most important first. Those who were named stay so where they can. */
export function choose(
  targets: Targets,
  view: View,
  now: number,
  strong: ReadonlySet<number>,
  before: ReadonlySet<number>,
  name: (slot: number) => string[] | undefined,
): Label[] {
  const candidates: { slot: number; weight: number; x: number; y: number }[] = [];
  const isFar = view.zoom < 10;
  for (let slot = 0; slot < targets.used; slot += 1) {
    const look = targets.look(slot);
    if ((look & LOOK.present) === 0) continue;
    const isStrong = strong.has(slot);
    if (!isStrong && (isFar || (look & (LOOK.mark | LOOK.netMarker | LOOK.tentative)) !== 0)) continue;
    const [x, y] = targets.screen(slot, view, now);
    if (!(x > -20 && y > -10 && x < view.width + 5 && y < view.height + 10)) continue;
    const at = slot * STRIDE;
    const length = (targets.values[at + AT.bow] ?? 0) + (targets.values[at + AT.stern] ?? 0);
    const moves = targets.speed(slot) > 0.5 ? 40 : 0;
    candidates.push({
      slot,
      x,
      y,
      weight: (isStrong ? 1e6 : 0) + (before.has(slot) ? 150 : 0) + length + moves,
    });
  }
  candidates.sort((a, b) => b.weight - a.weight || a.slot - b.slot);
  const taken: Box[] = [];
  const chosen: Label[] = [];
  const line = 13 * view.unit;
  const gap = SYMBOL_PX * view.unit * 1.5;
  for (const { slot, x, y } of candidates) {
    if (chosen.length >= MOST_LABELS) break;
    const isStrong = strong.has(slot);
    const lines = name(slot);
    if (!lines || lines.length === 0) continue;
    const width = Math.max(...lines.map((text) => widthOf(text))) * line * 0.62;
    const height = line * 1.15 * lines.length;
    // Beside it, or where there is room around it; the grave ones may go further away.
    const offsets: [number, number][] = [
      [gap, -height / 2],
      [-gap - width, -height / 2],
      [-width / 2, -gap - height],
      [-width / 2, gap],
    ];
    if (isStrong) {
      for (let ring = 2; ring <= 5; ring += 1) {
        offsets.push(
          [gap, ring * -height],
          [gap, ring * height - height / 2],
          [-gap - width, ring * -height],
        );
      }
    }
    const place = offsets.find(([dx, dy]) => {
      const box: Box = [x + dx, y + dy, x + dx + width, y + dy + height];
      return !taken.some((other) => overlap(box, other));
    });
    if (!place) continue;
    const [dx, dy] = place;
    taken.push([x + dx, y + dy, x + dx + width, y + dy + height]);
    chosen.push({ slot, lines, isStrong, dx, dy: dy + line * 0.6 });
  }
  return chosen;
}

/** In widths of a Latin letter: others are about twice as wide. */
function widthOf(text: string): number {
  let width = 0;
  for (const letter of text) width += letter > '\u2e80' ? 1.7 : 1;
  return width;
}

type Box = readonly [number, number, number, number];
const overlap = (a: Box, b: Box): boolean => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

export class Ink {
  readonly #pen: CanvasRenderingContext2D | null;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.#pen = canvas.getContext('2d');
  }

  draw(
    targets: Targets,
    view: View,
    now: number,
    palette: Palette,
    labels: Label[],
    notes: Note[],
    more: (pen: CanvasRenderingContext2D) => void,
  ): void {
    const pen = this.#pen;
    if (!pen) return;
    const [width, height] = [Math.round(view.width * view.ratio), Math.round(view.height * view.ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
    pen.clearRect(0, 0, view.width, view.height);
    more(pen);
    pen.lineJoin = 'round';
    pen.direction = 'ltr';
    pen.textBaseline = 'middle';
    pen.strokeStyle = palette.labelHalo;
    pen.textAlign = 'center';
    const written: Box[] = [];
    for (const { x, y, text, size, colour } of notes) {
      pen.font = `600 ${size}px ${FONT}`;
      const half = pen.measureText(text).width / 2;
      const box: Box = [x - half, y - size / 2, x + half, y + size / 2];
      if (written.some((other) => overlap(box, other))) continue;
      written.push(box);
      pen.lineWidth = size * 0.22;
      pen.strokeText(text, x, y);
      pen.fillStyle = colour;
      pen.fillText(text, x, y);
    }
    pen.textAlign = 'left';
    pen.fillStyle = palette.label;
    for (const { slot, lines, isStrong, dx, dy } of labels) {
      const [x, y] = targets.screen(slot, view, now);
      if (Math.abs(dy) > 30 * view.unit) {
        pen.lineWidth = view.unit;
        pen.strokeStyle = palette.label;
        pen.beginPath();
        pen.moveTo(x, y);
        pen.lineTo(x + dx, y + dy);
        pen.stroke();
        pen.strokeStyle = palette.labelHalo;
      }
      const size = (isStrong ? 13 : 11) * view.unit;
      lines.forEach((line, index) => {
        pen.font = `${isStrong && index === 0 ? 700 : 500} ${size}px ${FONT}`;
        pen.lineWidth = size * 0.26;
        const top = y + dy + index * size * 1.15;
        pen.strokeText(line, x + dx, top);
        pen.fillText(line, x + dx, top);
      });
    }
  }
}

const FONT = "'Inter Variable', 'Noto Sans SC Variable', sans-serif";
