// The sea as it is seen: chart below, targets above, text on top, and what a hand does with them.

import type { MapMouseEvent } from 'maplibre-gl';
import type { App } from '../app';
import { h, setText } from '../dom';
import type { Current, Place } from '../feed/messages';
import { LOOK, unmercator, where } from '../feed/slots';
import { type Palette, paletteOf } from '../palette';
import { bothNotations } from '../words';
import { Chart } from './chart';
import { bearingDeg, distanceM, ellipse95, NM, offset } from './geo';
import { cellBounds } from './grid';
import { choose, Ink, type Label, type Note } from './labels';
import { RING, type Ring, Targets, type View } from './targets';

const PICK_PX = 16;
const RING_NM = [1, 2, 3, 5];
/** Flashing: two and a half times a second at most, WALL.md 6 allows three. */
const FLASH_MS = 400;
/** Labels are chosen, and written, no more often than this while the view stands still. */
const CHOOSE_MS = 500;
const WRITE_MS = 120;
const CELL_TEXT_PX = 34;

const ARROWS = ['↑', '↗', '→', '↘', '↓', '↙', '←', '↖'];

/** Where water goes, in the words of a chart; nothing where that is not sure, or hardly anything. */
function flow({ setDeg, rateKn, sigmaKn }: Current): string {
  if (rateKn < 0.3 || sigmaKn > Math.max(0.4, rateKn / 2)) return '';
  return ` ${ARROWS[Math.round(setDeg / 45) % 8]} ${rateKn.toFixed(1)} kn`;
}

export class Sea {
  readonly targets: Targets;
  readonly chart: Chart;
  readonly element: HTMLElement;
  readonly show = {
    labels: true,
    trails: true,
    cells: true,
    zones: true,
    uncertainty: false,
    rings: false,
    measure: false,
  };
  unit = 1;
  palette: Palette;
  /** Frames drawn, and how long each kept the page busy, milliseconds: newest last. */
  readonly busyMs: number[] = [];
  readonly gapsMs: number[] = [];
  frames = 0;
  readonly #ink: Ink;
  readonly #cursor = h('div', { class: 'cursor' });
  readonly #scale = h('div', { class: 'scale' });
  #labels: Label[] = [];
  #chosenAt = 0;
  #writtenAt = 0;
  #drawnAt = 0;
  #moved = true;
  #measure: Place[] = [];
  #hover: Place | undefined;

  constructor(readonly app: App) {
    const box = h('div', { class: 'chart' });
    const targets = h('canvas', { class: 'targets', 'aria-hidden': 'true' });
    const ink = h('canvas', { class: 'ink', 'aria-hidden': 'true' });
    this.element = h(
      'section',
      { class: 'sea', 'aria-label': app.words.targets },
      box,
      targets,
      ink,
      this.#cursor,
      this.#scale,
    );
    this.palette = paletteOf(app.options.palette);
    const { place, options } = app;
    const [lat, lon] = place.center;
    this.chart = new Chart(box, {
      center: options.center ?? { lat, lon },
      zoom: options.zoom ?? place.zoom,
      palette: this.palette,
      unit: this.unit,
      chart: {
        url: place.chart.url,
        kind: place.chart.kind,
        ...(place.chart.max_zoom && { maxZoom: place.chart.max_zoom }),
      },
    });
    this.targets = new Targets(targets);
    this.#ink = new Ink(ink);
    this.#listen();
    new ResizeObserver(() => {
      this.chart.map.resize();
      this.#moved = true;
    }).observe(box);
    const loop = () => {
      requestAnimationFrame(loop);
      this.#frame();
    };
    requestAnimationFrame(loop);
  }

  #listen(): void {
    const { app, chart } = this;
    app.onFrame = (frame) => this.targets.take(frame);
    app.whereIs = (slot) => unmercator(...where(this.targets.values, slot, this.now()));
    app.fly = (lat, lon, zoom) => {
      const near = zoom === undefined ? chart.map.getZoom() : Math.max(zoom, chart.map.getZoom());
      chart.map.easeTo({ center: [lon, lat], zoom: near, duration: app.options.kiosk ? 0 : 500 });
    };
    app.on('things', () => {
      chart.cells(app.things.cells);
      chart.zones(app.things.zones);
      chart.units(app.things.units);
      chart.cameras(app.things.cameras);
    });
    chart.map.on('move', () => {
      this.#moved = true;
    });
    // What the chart draws, the targets follow in the same frame.
    chart.map.on('render', () => {
      if (this.#moved) this.#draw(performance.now());
    });
    chart.map.on('click', (event) => this.#click(event));
    chart.map.on('mousemove', (event) => {
      this.#hover = { lat: event.lngLat.lat, lon: event.lngLat.wrap().lng };
      const [degrees, decimal] = bothNotations(this.#hover.lat, this.#hover.lon);
      setText(this.#cursor, `${degrees}   ${decimal}`);
      if (this.#measure.length > 0) this.#tools();
    });
  }

  /** Seconds as slots have them. */
  now(): number {
    return (this.app.nowUs() - this.targets.baseUs) / 1e6;
  }

  view(): View {
    return this.chart.view(this.unit);
  }

  paint(palette: Palette, unit: number): void {
    const isSame = palette === this.palette && unit === this.unit;
    this.palette = palette;
    this.unit = unit;
    this.chart.options.unit = unit;
    if (!isSame) this.chart.paint(palette);
    this.#moved = true;
  }

  home(): void {
    const [lat, lon] = this.app.place.center;
    this.chart.map.easeTo({
      center: [lon, lat],
      zoom: this.app.options.zoom ?? this.app.place.zoom,
      duration: 400,
    });
  }

  /** The target nearest to a place on the screen. */
  pick(x: number, y: number): number | undefined {
    const view = this.view();
    const now = this.now();
    let best = PICK_PX * Math.max(1, this.unit);
    let found: number | undefined;
    for (let slot = 0; slot < this.targets.used; slot += 1) {
      if ((this.targets.look(slot) & LOOK.present) === 0) continue;
      const [sx, sy] = this.targets.screen(slot, view, now);
      const far = Math.hypot(sx - x, sy - y);
      if (far < best) [best, found] = [far, slot];
    }
    return found;
  }

  #click(event: MapMouseEvent): void {
    if (this.show.measure) {
      if (this.#measure.length >= 2) this.#measure = [];
      this.#measure.push({ lat: event.lngLat.lat, lon: event.lngLat.wrap().lng });
      this.#tools();
      return;
    }
    const slot = this.pick(event.point.x, event.point.y);
    const brief = slot === undefined ? undefined : this.app.briefs.get(slot);
    this.app.select(brief && brief.id > 0 ? brief.id : undefined);
  }

  toggle(what: keyof Sea['show']): void {
    this.show[what] = !this.show[what];
    if (what === 'cells' || what === 'zones') this.chart.show(what, this.show[what]);
    if (what === 'measure') this.#measure = [];
    this.#tools();
    this.#moved = true;
    this.#chosenAt = 0;
  }

  #ringsAround(): Place | undefined {
    if (!this.show.rings) return undefined;
    const slot = this.app.selected === undefined ? undefined : this.app.slots.get(this.app.selected);
    if (slot !== undefined) return this.app.whereIs(slot);
    const { lat, lng } = this.chart.map.getCenter();
    return { lat, lon: lng };
  }

  #tools(): void {
    const features: GeoJSON.Feature<GeoJSON.Geometry, Record<string, unknown>>[] = [];
    const line = (coordinates: number[][]) =>
      features.push({ type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates } });
    const around = this.#ringsAround();
    if (around) {
      for (const nm of RING_NM) {
        line(
          Array.from({ length: 73 }, (_, step) => offset(around, step * 5, nm * NM)).map(({ lat, lon }) => [
            lon,
            lat,
          ]),
        );
      }
    }
    const ends = this.#measured();
    if (ends) line(ends.map(({ lat, lon }) => [lon, lat]));
    this.chart.tools(features);
    this.#moved = true;
  }

  #measured(): [Place, Place] | undefined {
    const [from, to = this.#hover] = this.#measure;
    return this.show.measure && from && to ? [from, to] : undefined;
  }

  #frame(): void {
    const started = performance.now();
    this.app.ask();
    if (!this.#moved && started - this.#drawnAt < 1000 / this.app.options.fps - 4) return;
    this.#draw(started);
  }

  #draw(started: number): void {
    if (this.#drawnAt > 0) keep(this.gapsMs, started - this.#drawnAt);
    this.#drawnAt = started;
    const [view, now] = [this.view(), this.now()];
    const { rings, strong } = this.#rings();
    const flash = Math.floor(started / FLASH_MS) % 2 === 0;
    const { trails, uncertainty } = this.show;
    const show = { vectorMinutes: this.app.options.vectorMinutes, headings: true, trails, uncertainty };
    this.targets.draw(view, now, this.palette, show, rings, flash);
    if (this.#moved || started - this.#writtenAt > WRITE_MS) {
      this.#write(view, now, started, strong);
      this.#writtenAt = started;
    }
    if (this.#moved) this.#measureScale(view);
    this.#moved = false;
    this.frames += 1;
    keep(this.busyMs, performance.now() - started);
  }

  /** Who stands out: selected, alerted, followed. */
  #rings(): { rings: Ring[]; strong: Set<number> } {
    const { app } = this;
    const rings: Ring[] = [];
    const strong = new Set<number>();
    const add = (id: number | undefined, style: number, isNamed: boolean) => {
      const slot = id === undefined ? undefined : app.slots.get(id);
      if (slot === undefined) return;
      rings.push({ slot, style });
      if (isNamed) strong.add(slot);
    };
    const nowUs = app.nowUs();
    for (const alert of app.things.alerts) {
      if ((alert.shelvedUntilUs ?? 0) > nowUs || alert.state === 'cleared') continue;
      const isNew = alert.state === 'active' || alert.state === 'rectified';
      const grave = alert.priority === 'alarm' || alert.priority === 'emergency';
      if (alert.priority === 'caution') continue;
      const style = grave ? (isNew ? RING.newAlarm : RING.alarm) : isNew ? RING.newWarning : RING.warning;
      for (const id of alert.tracks) add(id, style, grave);
    }
    for (const camera of app.things.cameras) add(camera.track, RING.camera, true);
    add(app.selected, RING.selected, true);
    return { rings, strong };
  }

  #write(view: View, now: number, started: number, strong: Set<number>): void {
    if (!this.show.labels) this.#labels = [];
    else if (this.#moved || started - this.#chosenAt > CHOOSE_MS) {
      this.#chosenAt = started;
      const before = new Set(this.#labels.map(({ slot }) => slot));
      this.#labels = choose(this.targets, view, now, strong, before, (slot) =>
        this.#nameLines(slot, strong.has(slot)),
      );
    }
    if (this.show.rings && this.#moved) this.#tools();
    const notes = [...this.#cellNotes(view), ...this.#otherNotes(view)];
    this.#ink.draw(this.targets, view, now, this.palette, this.#labels, notes, (pen) =>
      this.#more(pen, view, now),
    );
  }

  #nameLines(slot: number, isStrong: boolean): string[] | undefined {
    const brief = this.app.briefs.get(slot);
    if (!brief) return undefined;
    const look = this.targets.look(slot);
    const name = brief.name ?? (isStrong ? this.app.nameOfBrief(brief) : undefined);
    if (!name) return undefined;
    const first = (look & LOOK.doubt) !== 0 ? `${name} ?` : name;
    if (!isStrong) return [first];
    const mps = this.targets.speed(slot);
    return mps < 0 ? [first] : [first, `${((mps * 3600) / 1852).toFixed(1)} kn`];
  }

  #project({ lat, lon }: Place): [number, number] {
    const at = this.chart.map.project([lon, lat]);
    return [at.x, at.y];
  }

  #cellNotes(view: View): Note[] {
    if (!this.show.cells) return [];
    const { words, things } = this.app;
    const notes: Note[] = [];
    for (const cell of things.cells) {
      const bounds = cellBounds(cell.code);
      if (!bounds) continue;
      const [left, top] = this.#project({ lat: bounds.north, lon: bounds.west });
      const [right, bottom] = this.#project({ lat: bounds.south, lon: bounds.east });
      if (right < 0 || bottom < 0 || left > view.width || top > view.height) continue;
      if (right - left < CELL_TEXT_PX * view.unit && !(cell.grade === 'red' || cell.grade === 'orange'))
        continue;
      const size = Math.min(12 * view.unit, Math.max(9 * view.unit, (right - left) / 4));
      const grade = cell.grade ? `${words.grade[cell.grade]} ` : '';
      const isWide = right - left > 110 * view.unit;
      const code = isWide ? `${cell.code} ` : '';
      const water = isWide && cell.current ? flow(cell.current) : '';
      const colour = cell.grade ? this.palette.grades[cell.grade] : this.palette.label;
      notes.push({
        x: (left + right) / 2,
        y: bottom - size,
        text: `${code}${grade}${cell.vessels}${water}`,
        size,
        colour,
      });
      if (notes.length >= 150) break;
    }
    return notes;
  }

  #otherNotes(view: View): Note[] {
    const notes: Note[] = [];
    const size = 11 * view.unit;
    if (this.show.zones && view.zoom >= 8.5) {
      for (const { name, polygon } of this.app.things.zones) {
        const top = polygon.reduce(
          (best, at) => (at.lat > best.lat ? at : best),
          polygon[0] ?? { lat: -90, lon: 0 },
        );
        if (polygon.length < 3) continue;
        const [x, y] = this.#project(top);
        notes.push({ x, y: y - size, text: name, size, colour: this.palette.zone });
      }
    }
    for (const camera of this.app.things.cameras) {
      if (view.zoom < 9.5) break;
      const [x, y] = this.#project(camera);
      const follows = camera.track === undefined ? '' : ` → ${this.app.nameOf(camera.track)}`;
      notes.push({
        x,
        y: y + 1.3 * size,
        text: `${camera.name}${follows}`,
        size,
        colour: this.palette.camera,
      });
    }
    const around = this.#ringsAround();
    if (around) {
      for (const nm of RING_NM) {
        const [x, y] = this.#project(offset(around, 0, nm * NM));
        notes.push({ x, y, text: `${nm} nm`, size, colour: this.palette.measure });
      }
    }
    const ends = this.#measured();
    if (ends) {
      const metres = distanceM(...ends);
      const [x, y] = this.#project(ends[1]);
      const text = `${(metres / NM).toFixed(2)} nm  ${metres < 10_000 ? `${metres.toFixed(0)} m  ` : ''}${bearingDeg(
        ...ends,
      )
        .toFixed(0)
        .padStart(3, '0')}°`;
      notes.push({ x, y: y - 1.4 * size, text, size: 1.2 * size, colour: this.palette.measure });
    }
    return notes;
  }

  /** Of the selected one: where it was, and how sure its place is. */
  #more(pen: CanvasRenderingContext2D, view: View, now: number): void {
    const { detail, selected } = this.app;
    const slot = selected === undefined ? undefined : this.app.slots.get(selected);
    if (slot === undefined || !detail) return;
    const here = this.targets.screen(slot, view, now);
    pen.lineWidth = 1.4 * view.unit;
    pen.strokeStyle = this.palette.label;
    pen.globalAlpha = 0.75;
    pen.beginPath();
    for (let at = 0; at + 2 < detail.trail.length; at += 3) {
      const [x, y] = this.#project({ lat: detail.trail[at] ?? 0, lon: detail.trail[at + 1] ?? 0 });
      if (at === 0) pen.moveTo(x, y);
      else pen.lineTo(x, y);
    }
    pen.lineTo(...here);
    pen.stroke();
    pen.globalAlpha = 1;
    const cov = detail.track?.covM2;
    if (!cov || !this.show.uncertainty) return;
    const [long, short, turn] = ellipse95(cov);
    const metre = this.#metrePx(view);
    pen.setLineDash([4 * view.unit, 3 * view.unit]);
    pen.beginPath();
    pen.ellipse(...here, Math.max(2, long * metre), Math.max(2, short * metre), -turn, 0, 2 * Math.PI);
    pen.stroke();
    pen.setLineDash([]);
  }

  #metrePx(view: View): number {
    const { lat } = this.chart.map.getCenter();
    return view.worldPx / (40_075_016.686 * Math.cos((lat * Math.PI) / 180));
  }

  #measureScale(view: View): void {
    const metre = this.#metrePx(view);
    const least = 110 * this.unit;
    const nm = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200].find((nm) => nm * NM * metre >= least) ?? 500;
    this.#scale.style.width = `${nm * NM * metre}px`;
    setText(this.#scale, `${nm} nm`);
  }
}

function keep(list: number[], value: number): void {
  list.push(value);
  if (list.length > 600) list.shift();
}
