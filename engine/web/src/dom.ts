// Elements in a line. Text is only ever text: nothing here makes markup of a string.

type Attributes = Record<string, string | number | boolean | undefined | ((event: Event) => void)>;
type Child = Node | string | undefined | false;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.replace(/^on/, ''), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Rows by key: those that stay are kept, so that focus and scrolling are. */
export class Rows<T> {
  readonly #rows = new Map<string, HTMLElement>();

  constructor(
    readonly box: HTMLElement,
    readonly make: (key: string) => HTMLElement,
    readonly fill: (row: HTMLElement, thing: T) => void,
  ) {}

  show(things: readonly T[], key: (thing: T) => string): void {
    const keys = new Set(things.map(key));
    for (const [known, row] of this.#rows) {
      if (keys.has(known)) continue;
      row.remove();
      this.#rows.delete(known);
    }
    let before: Element | null = this.box.firstElementChild;
    for (const thing of things) {
      const its = key(thing);
      let row = this.#rows.get(its);
      if (!row) {
        row = this.make(its);
        this.#rows.set(its, row);
      }
      this.fill(row, thing);
      if (row === before) before = before.nextElementSibling;
      else this.box.insertBefore(row, before);
    }
  }
}

const SVG = 'http://www.w3.org/2000/svg';

/** A line over time, as small as it needs to be. */
export function spark(values: readonly number[], limit?: number): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  const [width, height] = [200, 40];
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('class', 'spark');
  svg.setAttribute('aria-hidden', 'true');
  const most = Math.max(...values, limit ?? 0, 1) * 1.05;
  const x = (index: number) => (values.length > 1 ? (index / (values.length - 1)) * width : width);
  const y = (value: number) => height - (value / most) * height;
  if (limit !== undefined) {
    const line = document.createElementNS(SVG, 'path');
    line.setAttribute('d', `M0 ${y(limit)}H${width}`);
    line.setAttribute('class', 'limit');
    svg.append(line);
  }
  if (values.length > 0) {
    const path = document.createElementNS(SVG, 'path');
    const points = values.map((value, index) => `${x(index).toFixed(1)} ${y(value).toFixed(1)}`);
    path.setAttribute('d', `M${points.join('L')}`);
    path.setAttribute('class', 'curve');
    const area = document.createElementNS(SVG, 'path');
    area.setAttribute('d', `M0 ${height}L${points.join('L')}L${width} ${height}Z`);
    area.setAttribute('class', 'under');
    svg.append(area, path);
  }
  return svg;
}

/** Bars of one colour, each with its word and its number. */
export function bars(rows: readonly [string, number][]): HTMLElement {
  const most = Math.max(...rows.map(([, count]) => count), 1);
  return h(
    'div',
    { class: 'bars' },
    ...rows.flatMap(([word, count]) => {
      const svg = document.createElementNS(SVG, 'svg');
      svg.setAttribute('viewBox', '0 0 100 8');
      svg.setAttribute('preserveAspectRatio', 'none');
      svg.setAttribute('aria-hidden', 'true');
      const bar = document.createElementNS(SVG, 'rect');
      bar.setAttribute('width', String((count / most) * 100));
      bar.setAttribute('height', '8');
      svg.append(bar);
      return [h('span', { class: 'word' }, word), svg, h('span', { class: 'number' }, String(count))];
    }),
  );
}
