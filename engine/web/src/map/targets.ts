// The targets: one WebGL2 layer above the chart. The chart is drawn when the view moves; this, every frame.

import { MOST_TARGETS } from '../feed/picture';
import { AHEAD_S, AT, LOOK, STRIDE, where } from '../feed/slots';
import type { Frame } from '../feed/wire';
import type { Palette } from '../palette';
import * as glsl from './shaders';

/** What the chart shows: the middle as Mercator, and how many pixels wide the world is. */
export interface View {
  x: number;
  y: number;
  worldPx: number;
  zoom: number;
  width: number;
  height: number;
  /** Pixels of the screen per CSS pixel, and of the design. */
  ratio: number;
  unit: number;
}

export const RING = { selected: 0, alarm: 1, warning: 2, camera: 3, newAlarm: 4, newWarning: 5 } as const;
export interface Ring {
  slot: number;
  style: number;
}

export interface Show {
  vectorMinutes: number;
  headings: boolean;
  trails: boolean;
  /** The 95 % ellipse of each. */
  uncertainty: boolean;
}

/** Where dots become symbols, and outlines may be true. */
const SYMBOL_ZOOM = 9.2;
const HULL_ZOOM = 12;
const TRAIL_ZOOM = 9.8;
const TRAIL_POINTS = 12;
const TRAIL_S = 30;
const MOST_RINGS = 1024;
const MOST_TRAIL_POINTS = 40_000;
/** Half a symbol, in pixels of the design. */
export const SYMBOL_PX = 9;

export class Targets {
  readonly values = new Float32Array(MOST_TARGETS * STRIDE);
  /** Slots up to here may be in use. */
  used = 0;
  baseUs = 0;
  #gl: WebGL2RenderingContext | undefined;
  #dots: Program | undefined;
  #symbols: Program | undefined;
  #lines: Program | undefined;
  #trails: Program | undefined;
  #ellipses: Program | undefined;
  #rings: Program | undefined;
  #buffer: WebGLBuffer | null = null;
  #slots: WebGLVertexArrayObject | null = null;
  #points: WebGLVertexArrayObject | null = null;
  #ringBuffer: WebGLBuffer | null = null;
  #ringSlots: WebGLVertexArrayObject | null = null;
  #trailBuffer: WebGLBuffer | null = null;
  #trailSlots: WebGLVertexArrayObject | null = null;
  readonly #ringValues = new Float32Array(MOST_RINGS * 4);
  readonly #trailValues = new Float32Array(MOST_TRAIL_POINTS * 4);
  #trailCount = 0;
  #trailsAt = 0;
  readonly #past = new Map<number, Past>();
  /** Which track each slot is of. */
  readonly #owners = new Map<number, number>();
  #dirtyFrom = Number.POSITIVE_INFINITY;
  #dirtyTo = -1;

  constructor(readonly canvas: HTMLCanvasElement) {
    canvas.addEventListener('webglcontextlost', (event) => {
      event.preventDefault();
      this.#gl = undefined;
    });
    canvas.addEventListener('webglcontextrestored', () => this.#open());
    this.#open();
  }

  get isOpen(): boolean {
    return this.#gl !== undefined;
  }

  #open(): void {
    const gl = this.canvas.getContext('webgl2', {
      alpha: true,
      antialias: false,
      premultipliedAlpha: true,
      depth: false,
    });
    if (!gl) return;
    this.#gl = gl;
    this.#dots = new Program(gl, glsl.DOT_VERTEX, glsl.DOT_FRAGMENT);
    this.#symbols = new Program(gl, glsl.SYMBOL_VERTEX, glsl.SYMBOL_FRAGMENT);
    this.#lines = new Program(gl, glsl.LINE_VERTEX, glsl.LINE_FRAGMENT);
    this.#trails = new Program(gl, glsl.TRAIL_VERTEX, glsl.TRAIL_FRAGMENT);
    this.#ellipses = new Program(gl, glsl.ELLIPSE_VERTEX, glsl.ELLIPSE_FRAGMENT);
    this.#rings = new Program(gl, glsl.RING_VERTEX, glsl.RING_FRAGMENT);
    this.#slots = gl.createVertexArray();
    this.#buffer = gl.createBuffer();
    gl.bindVertexArray(this.#slots);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    gl.bufferData(gl.ARRAY_BUFFER, this.values.byteLength, gl.DYNAMIC_DRAW);
    this.#parts(gl, 1);
    this.#points = gl.createVertexArray();
    gl.bindVertexArray(this.#points);
    this.#parts(gl, 0);
    this.#ringSlots = gl.createVertexArray();
    this.#ringBuffer = gl.createBuffer();
    gl.bindVertexArray(this.#ringSlots);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#ringBuffer);
    gl.bufferData(gl.ARRAY_BUFFER, this.#ringValues.byteLength, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 4, gl.FLOAT, false, 16, 0);
    gl.vertexAttribDivisor(0, 1);
    this.#trailSlots = gl.createVertexArray();
    this.#trailBuffer = gl.createBuffer();
    gl.bindVertexArray(this.#trailSlots);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#trailBuffer);
    gl.bufferData(gl.ARRAY_BUFFER, this.#trailValues.byteLength, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 4, gl.FLOAT, false, 16, 0);
    this.#dirtyFrom = 0;
    this.#dirtyTo = MOST_TARGETS - 1;
  }

  /** Four numbers an attribute: of each copy, or of each point. */
  #parts(gl: WebGL2RenderingContext, divisor: number): void {
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    for (let part = 0; part < STRIDE / 4; part += 1) {
      gl.enableVertexAttribArray(part);
      gl.vertexAttribPointer(part, 4, gl.FLOAT, false, 4 * STRIDE, 16 * part);
      gl.vertexAttribDivisor(part, divisor);
    }
  }

  /** Takes what has changed since the last time. */
  take({ slots, values, briefs, baseUs }: Frame): void {
    if (baseUs !== this.baseUs) {
      const shiftS = (this.baseUs - baseUs) / 1e6;
      for (const past of this.#past.values()) past.time += shiftS;
      this.#trailsAt += shiftS;
      this.baseUs = baseUs;
    }
    // A slot that has changed hands since the last frame has no trail of its former vessel.
    for (const { slot, id } of briefs) {
      if (this.#owners.get(slot) !== id) this.#past.delete(slot);
      this.#owners.set(slot, id);
    }
    for (let index = 0; index < slots.length; index += 1) {
      const slot = slots[index] ?? 0;
      this.values.set(values.subarray(index * STRIDE, (index + 1) * STRIDE), slot * STRIDE);
      this.used = Math.max(this.used, slot + 1);
      this.#dirtyFrom = Math.min(this.#dirtyFrom, slot);
      this.#dirtyTo = Math.max(this.#dirtyTo, slot);
      this.#remember(slot);
    }
  }

  #remember(slot: number): void {
    const at = slot * STRIDE;
    const look = this.values[at + AT.look] ?? 0;
    if ((look & LOOK.present) === 0 || (look & LOOK.mark) !== 0) {
      this.#past.delete(slot);
      return;
    }
    const time = this.values[at + AT.time] ?? 0;
    let past = this.#past.get(slot);
    // Time that goes back is a replay that was sent elsewhere.
    if (!past || time < past.time) {
      past = {
        time: Number.NEGATIVE_INFINITY,
        next: 0,
        places: new Float32Array(4 * TRAIL_POINTS),
        count: 0,
      };
      this.#past.set(slot, past);
    }
    if (time - past.time < TRAIL_S || (this.values[at + AT.speed] ?? 0) < 0.3) return;
    past.time = time;
    past.places.set(this.values.subarray(at, at + 4), 4 * past.next);
    past.next = (past.next + 1) % TRAIL_POINTS;
    past.count = Math.min(past.count + 1, TRAIL_POINTS);
  }

  /** How many are there, marks apart. */
  count(): number {
    let count = 0;
    for (let slot = 0; slot < this.used; slot += 1) {
      const look = this.values[slot * STRIDE + AT.look] ?? 0;
      if ((look & LOOK.present) !== 0 && (look & LOOK.mark) === 0) count += 1;
    }
    return count;
  }

  /** Where a slot is at `now`, CSS pixels from the top left. */
  screen(slot: number, view: View, now: number): [number, number] {
    const [x, y] = where(this.values, slot, now);
    let dx = x - view.x;
    dx -= Math.floor(dx + 0.5);
    return [view.width / 2 + dx * view.worldPx, view.height / 2 + (y - view.y) * view.worldPx];
  }

  /** How many places of its past a slot shows. */
  trail(slot: number): number {
    return this.#past.get(slot)?.count ?? 0;
  }

  look(slot: number): number {
    return this.values[slot * STRIDE + AT.look] ?? 0;
  }

  speed(slot: number): number {
    return this.values[slot * STRIDE + AT.speed] ?? 0;
  }

  draw(view: View, now: number, palette: Palette, show: Show, rings: Ring[], flash: boolean): void {
    const gl = this.#gl;
    if (
      !gl ||
      !this.#dots ||
      !this.#symbols ||
      !this.#lines ||
      !this.#trails ||
      !this.#ellipses ||
      !this.#rings
    )
      return;
    const [width, height] = [Math.round(view.width * view.ratio), Math.round(view.height * view.ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.#upload(gl);

    const unit = view.unit * view.ratio;
    const world = view.worldPx * view.ratio;
    const [xHigh, yHigh] = [Math.fround(view.x), Math.fround(view.y)];
    const common = (program: Program) => {
      gl.useProgram(program.program);
      gl.uniform4f(program.at('u_center'), xHigh, view.x - xHigh, yHigh, view.y - yHigh);
      gl.uniform2f(program.at('u_half'), width / 2, height / 2);
      gl.uniform1f(program.at('u_world'), world);
      gl.uniform1f(program.at('u_now'), now);
      gl.uniform1f(program.at('u_ahead'), AHEAD_S);
      gl.uniform1f(program.at('u_unit'), unit);
      gl.uniform1f(program.at('u_size'), SYMBOL_PX * unit);
      gl.uniform3fv(program.at('u_colours'), palette.targets);
    };

    if (show.trails && view.zoom >= TRAIL_ZOOM) {
      this.#drawTrails(gl, this.#trails, view, now, palette, common);
    }
    gl.bindVertexArray(this.#slots);
    if (show.uncertainty) {
      common(this.#ellipses);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.used);
    }
    if (view.zoom < SYMBOL_ZOOM) {
      // Each attribute belongs to a point here, and not to a copy of a quad.
      gl.bindVertexArray(this.#points);
      common(this.#dots);
      gl.drawArrays(gl.POINTS, 0, this.used);
    } else {
      common(this.#lines);
      if (show.vectorMinutes > 0) {
        gl.uniform1f(this.#lines.at('u_ahead_s'), show.vectorMinutes * 60);
        gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.used);
      }
      if (show.headings) {
        gl.uniform1f(this.#lines.at('u_ahead_s'), 0);
        gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.used);
      }
      common(this.#symbols);
      gl.uniform3fv(this.#symbols.at('u_halo'), palette.halo);
      gl.uniform1f(this.#symbols.at('u_hulls'), view.zoom >= HULL_ZOOM ? 1 : 0);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.used);
    }

    const drawn = rings.slice(0, MOST_RINGS);
    drawn.forEach(({ slot, style }, index) => {
      const [x, y] = this.screen(slot, view, now);
      const size = (style === RING.selected ? 15 : style === RING.camera ? 18 : 14) * unit;
      this.#ringValues.set([x * view.ratio - width / 2, height / 2 - y * view.ratio, style, size], index * 4);
    });
    if (drawn.length > 0) {
      gl.bindVertexArray(this.#ringSlots);
      gl.bindBuffer(gl.ARRAY_BUFFER, this.#ringBuffer);
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, this.#ringValues, 0, drawn.length * 4);
      gl.useProgram(this.#rings.program);
      gl.uniform2f(this.#rings.at('u_half'), width / 2, height / 2);
      gl.uniform1f(this.#rings.at('u_unit'), unit);
      gl.uniform1f(this.#rings.at('u_flash'), flash ? 1 : 0);
      gl.uniform3fv(this.#rings.at('u_inks'), palette.rings);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, drawn.length);
    }
    gl.bindVertexArray(null);
  }

  #upload(gl: WebGL2RenderingContext): void {
    if (this.#dirtyTo < this.#dirtyFrom) return;
    const [from, to] = [this.#dirtyFrom, Math.min(this.#dirtyTo + 1, Math.max(this.used, 1))];
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    gl.bufferSubData(gl.ARRAY_BUFFER, from * STRIDE * 4, this.values, from * STRIDE, (to - from) * STRIDE);
    this.#dirtyFrom = Number.POSITIVE_INFINITY;
    this.#dirtyTo = -1;
  }

  #drawTrails(
    gl: WebGL2RenderingContext,
    program: Program,
    view: View,
    now: number,
    palette: Palette,
    common: (program: Program) => void,
  ): void {
    // Which are in view is looked at twice a second.
    if (Math.abs(now - this.#trailsAt) > 0.5) {
      this.#trailsAt = now;
      this.#trailCount = 0;
      for (const [slot, past] of this.#past) {
        if (this.#trailCount + past.count > MOST_TRAIL_POINTS) break;
        const [x, y] = this.screen(slot, view, now);
        if (x < -200 || y < -200 || x > view.width + 200 || y > view.height + 200) continue;
        this.#trailValues.set(past.places.subarray(0, 4 * past.count), 4 * this.#trailCount);
        this.#trailCount += past.count;
      }
      gl.bindBuffer(gl.ARRAY_BUFFER, this.#trailBuffer);
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, this.#trailValues, 0, 4 * this.#trailCount);
    }
    if (this.#trailCount === 0) return;
    common(program);
    gl.uniform3fv(program.at('u_tint'), palette.trail);
    gl.bindVertexArray(this.#trailSlots);
    gl.drawArrays(gl.POINTS, 0, this.#trailCount);
  }
}

/** Places that a slot was at, the oldest overwritten first. */
interface Past {
  time: number;
  next: number;
  count: number;
  places: Float32Array;
}

class Program {
  readonly program: WebGLProgram;
  readonly #places = new Map<string, WebGLUniformLocation | null>();

  constructor(
    readonly gl: WebGL2RenderingContext,
    vertex: string,
    fragment: string,
  ) {
    const program = gl.createProgram();
    for (const [kind, source] of [
      [gl.VERTEX_SHADER, vertex],
      [gl.FRAGMENT_SHADER, fragment],
    ] as const) {
      const shader = gl.createShader(kind);
      if (!shader) throw new Error('the graphics context is gone');
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) {
        throw new Error(`shader: ${gl.getShaderInfoLog(shader)}`);
      }
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
      throw new Error(`shaders: ${gl.getProgramInfoLog(program)}`);
    }
    this.program = program;
  }

  at(name: string): WebGLUniformLocation | null {
    let place = this.#places.get(name);
    if (place === undefined) {
      place = this.gl.getUniformLocation(this.program, name);
      this.#places.set(name, place);
    }
    return place;
  }
}
