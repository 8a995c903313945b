// The chart: coast, grid, zones, cameras. Drawn by MapLibre when the view moves or one of these changes.

import {
  type ExpressionSpecification,
  type GeoJSONSource,
  type LayerSpecification,
  Map as MapLibre,
  type StyleSpecification,
  setWorkerUrl,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import type { Camera, Cell, Place, Unit, Zone } from '../feed/messages';
import { mercator } from '../feed/slots';
import type { Palette } from '../palette';
import { cellBounds } from './grid';
import type { View } from './targets';

setWorkerUrl(workerUrl);

type Feature = GeoJSON.Feature<GeoJSON.Geometry, Record<string, unknown>>;
const collection = (features: Feature[]): GeoJSON.FeatureCollection => ({
  type: 'FeatureCollection',
  features,
});
const NOTHING = collection([]);

const LAYERS = ['cells', 'zones', 'units', 'areas', 'cameras', 'tools'] as const;
type Layer = (typeof LAYERS)[number];

const GRADES = ['red', 'orange', 'yellow', 'blue'] as const;

export interface ChartOptions {
  center: Place;
  zoom: number;
  palette: Palette;
  unit: number;
  chart: { url: string; kind: 'geojson' | 'raster'; maxZoom?: number };
}

export class Chart {
  readonly map: MapLibre;
  readonly #contents: Record<Layer, GeoJSON.FeatureCollection>;
  #isReady = false;

  constructor(
    readonly box: HTMLElement,
    readonly options: ChartOptions,
  ) {
    this.#contents = Object.fromEntries(LAYERS.map((layer) => [layer, NOTHING])) as Record<
      Layer,
      GeoJSON.FeatureCollection
    >;
    this.map = new MapLibre({
      container: box,
      style: style(options),
      center: [options.center.lon, options.center.lat],
      zoom: options.zoom,
      minZoom: 3,
      maxZoom: 18,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxPitch: 0,
      renderWorldCopies: true,
      fadeDuration: 0,
      refreshExpiredTiles: false,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.on('style.load', () => {
      this.#isReady = true;
      for (const grade of GRADES) this.#hatch(grade);
      for (const layer of LAYERS) this.#put(layer);
    });
  }

  view(unit: number): View {
    const { lat, lng } = this.map.getCenter();
    const [x, y] = mercator(lat, lng);
    const zoom = this.map.getZoom();
    return {
      x,
      y,
      zoom,
      worldPx: 512 * 2 ** zoom,
      width: this.box.clientWidth,
      height: this.box.clientHeight,
      ratio: Math.min(window.devicePixelRatio || 1, 2),
      unit,
    };
  }

  paint(palette: Palette): void {
    this.options.palette = palette;
    this.#isReady = false;
    this.map.setStyle(style(this.options), { diff: false });
  }

  show(layer: 'cells' | 'zones', isShown: boolean): void {
    const names =
      layer === 'cells'
        ? ['cells', 'cells-hatch', 'cells-edge']
        : ['zones', 'zones-edge', 'areas-line', 'units', 'storm-7', 'storm-10', 'storm-12', 'storm-path'];
    for (const name of names) {
      if (this.map.getLayer(name))
        this.map.setLayoutProperty(name, 'visibility', isShown ? 'visible' : 'none');
    }
  }

  cells(cells: Cell[]): void {
    this.#set(
      'cells',
      cells.flatMap((cell): Feature[] => {
        const bounds = cellBounds(cell.code);
        if (!bounds) return [];
        const { south, west, north, east } = bounds;
        const ring = [
          [west, south],
          [east, south],
          [east, north],
          [west, north],
          [west, south],
        ];
        return [
          {
            type: 'Feature',
            properties: { grade: cell.grade ?? 'none', vessels: cell.vessels },
            geometry: { type: 'Polygon', coordinates: [ring] },
          },
        ];
      }),
    );
  }

  zones(zones: Zone[]): void {
    this.#set(
      'zones',
      zones.flatMap(({ name, polygon }) => area(polygon, { name })),
    );
  }

  units(units: Unit[]): void {
    this.#set(
      'units',
      units.flatMap(({ name, polygon, grade }) => area(polygon, { name, grade: grade ?? 'none' })),
    );
  }

  cameras(cameras: Camera[]): void {
    this.#set(
      'cameras',
      cameras.flatMap((camera): Feature[] => [
        ...area(camera.footprint, { state: camera.state, follows: camera.track !== undefined }),
        {
          type: 'Feature',
          properties: { state: camera.state },
          geometry: { type: 'Point', coordinates: [camera.lon, camera.lat] },
        },
      ]),
    );
  }

  /** What the configuration draws: gates, corridors, bridges, objects, storms. */
  areas(areas: unknown): void {
    this.#contents.areas = isCollection(areas) ? areas : NOTHING;
    this.#put('areas');
  }

  tools(features: Feature[]): void {
    this.#set('tools', features);
  }

  #set(layer: Layer, features: Feature[]): void {
    this.#contents[layer] = collection(features);
    this.#put(layer);
  }

  #put(layer: Layer): void {
    if (!this.#isReady) return;
    this.map.getSource<GeoJSONSource>(layer)?.setData(this.#contents[layer]);
  }

  /** Stripes: a grade is not told by its colour alone. */
  #hatch(grade: (typeof GRADES)[number]): void {
    const size = 16;
    const canvas = document.createElement('canvas');
    canvas.width = size;
    canvas.height = size;
    const pen = canvas.getContext('2d');
    if (!pen) return;
    pen.strokeStyle = this.options.palette.grades[grade];
    pen.lineWidth = 1.4;
    const lines: Record<string, [number, number, number, number][]> = {
      red: [
        [0, 0, 16, 16],
        [-8, 8, 8, 24],
        [8, -8, 24, 8],
        [0, 16, 16, 0],
        [-8, 8, 8, -8],
        [8, 24, 24, 8],
      ],
      orange: [
        [0, 16, 16, 0],
        [-8, 8, 8, -8],
        [8, 24, 24, 8],
      ],
      yellow: [[0, 16, 16, 0]],
      blue: [],
    };
    pen.beginPath();
    for (const [x, y, toX, toY] of lines[grade] ?? []) {
      pen.moveTo(x, y);
      pen.lineTo(toX, toY);
    }
    pen.stroke();
    const name = `hatch-${grade}`;
    if (!this.map.hasImage(name)) this.map.addImage(name, pen.getImageData(0, 0, size, size));
  }
}

function isCollection(value: unknown): value is GeoJSON.FeatureCollection {
  return (
    typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'FeatureCollection'
  );
}

function area(polygon: Place[], properties: Record<string, unknown>): Feature[] {
  const [first] = polygon;
  if (!first || polygon.length < 3) return [];
  const ring = [...polygon, first].map(({ lat, lon }) => [lon, lat]);
  return [{ type: 'Feature', properties, geometry: { type: 'Polygon', coordinates: [ring] } }];
}

function style({ palette, chart, unit }: ChartOptions): StyleSpecification {
  const byGrade: ExpressionSpecification = [
    'match',
    ['get', 'grade'],
    'red',
    palette.grades.red,
    'orange',
    palette.grades.orange,
    'yellow',
    palette.grades.yellow,
    'blue',
    palette.grades.blue,
    'rgba(0,0,0,0)',
  ];
  const geojson = (data: GeoJSON.FeatureCollection | string) => ({
    type: 'geojson' as const,
    data,
    tolerance: 0.2,
    maxzoom: 14,
  });
  const isCoast = chart.kind === 'geojson';
  const absolute = new URL(chart.url, document.baseURI).href.replaceAll('%7B', '{').replaceAll('%7D', '}');
  const base: StyleSpecification['sources'] = isCoast
    ? { coast: geojson(absolute) }
    : { coast: { type: 'raster', tiles: [absolute], tileSize: 256, maxzoom: chart.maxZoom ?? 14 } };
  return {
    version: 8,
    sources: { ...base, ...Object.fromEntries(LAYERS.map((layer) => [layer, geojson(NOTHING)])) },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': palette.sea } },
      ...land(isCoast, palette, unit),
      {
        id: 'units',
        type: 'line',
        source: 'units',
        paint: { 'line-color': palette.grid, 'line-width': 2 * unit, 'line-dasharray': [6, 2, 1, 2] },
      },
      { id: 'cells', type: 'fill', source: 'cells', paint: { 'fill-color': byGrade, 'fill-opacity': 0.22 } },
      {
        id: 'cells-hatch',
        type: 'fill',
        source: 'cells',
        filter: ['in', ['get', 'grade'], ['literal', ['red', 'orange', 'yellow']]],
        paint: { 'fill-pattern': ['concat', 'hatch-', ['get', 'grade']], 'fill-opacity': 0.3 },
      },
      {
        id: 'cells-edge',
        type: 'line',
        source: 'cells',
        paint: {
          'line-color': ['match', ['get', 'grade'], 'none', palette.grid, byGrade],
          'line-width': 0.8 * unit,
          'line-opacity': 0.7,
        },
      },
      {
        id: 'zones',
        type: 'fill',
        source: 'zones',
        paint: { 'fill-color': palette.zone, 'fill-opacity': 0.1 },
      },
      {
        id: 'zones-edge',
        type: 'line',
        source: 'zones',
        paint: { 'line-color': palette.zone, 'line-width': 1.6 * unit, 'line-dasharray': [4, 2] },
      },
      {
        id: 'areas-line',
        type: 'line',
        source: 'areas',
        filter: ['!', ['in', ['get', 'kind'], ['literal', ['storm', 'storm-path']]]],
        paint: {
          'line-color': [
            'match',
            ['get', 'kind'],
            'bridge',
            palette.ink,
            'span',
            palette.camera,
            palette.lane,
          ],
          'line-width': ['match', ['get', 'kind'], 'bridge', 3 * unit, 'span', 4 * unit, 1.4 * unit],
        },
      },
      // Circles of wind are patterns of lines: 7 dotted, 10 dashed, 12 whole.
      ...([7, 10, 12] as const).map((force) => ({
        id: `storm-${force}`,
        type: 'line' as const,
        source: 'areas',
        filter: ['==', ['get', 'force'], force] as ExpressionSpecification,
        paint: {
          'line-color': palette.storm,
          'line-width': 1.6 * unit,
          'line-opacity': [
            'case',
            ['boolean', ['get', 'forecast'], false],
            0.55,
            1,
          ] as ExpressionSpecification,
          ...(force < 12 && { 'line-dasharray': force === 7 ? [1, 3] : [5, 3] }),
        },
      })),
      {
        id: 'storm-path',
        type: 'line',
        source: 'areas',
        filter: ['==', ['get', 'kind'], 'storm-path'],
        paint: { 'line-color': palette.storm, 'line-width': 2 * unit, 'line-dasharray': [2, 2] },
      },
      {
        id: 'cameras',
        type: 'fill',
        source: 'cameras',
        filter: ['==', ['geometry-type'], 'Polygon'],
        paint: { 'fill-color': palette.camera, 'fill-opacity': ['case', ['get', 'follows'], 0.25, 0.1] },
      },
      {
        id: 'cameras-edge',
        type: 'line',
        source: 'cameras',
        filter: ['==', ['geometry-type'], 'Polygon'],
        paint: { 'line-color': palette.camera, 'line-width': unit, 'line-opacity': 0.8 },
      },
      {
        id: 'cameras-at',
        type: 'circle',
        source: 'cameras',
        filter: ['==', ['geometry-type'], 'Point'],
        paint: {
          'circle-radius': 4.5 * unit,
          'circle-color': palette.sea,
          'circle-stroke-color': ['match', ['get', 'state'], 'down', palette.zoneAlarm, palette.camera],
          'circle-stroke-width': 2 * unit,
        },
      },
      {
        id: 'tools',
        type: 'line',
        source: 'tools',
        paint: { 'line-color': palette.measure, 'line-width': 1.2 * unit, 'line-dasharray': [3, 2] },
      },
    ],
  };
}

function land(isCoast: boolean, palette: Palette, unit: number): LayerSpecification[] {
  if (!isCoast) return [{ id: 'tiles', type: 'raster', source: 'coast' }];
  return [
    {
      id: 'land',
      type: 'fill',
      source: 'coast',
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'fill-color': palette.land, 'fill-antialias': false },
    },
    {
      // Where a chart draws its shores itself, the edges of its land are but where it was cut.
      id: 'shore',
      type: 'line',
      source: 'coast',
      filter: ['!=', ['get', 'kind'], 'land'],
      paint: { 'line-color': palette.shore, 'line-width': 0.9 * unit },
    },
  ];
}
