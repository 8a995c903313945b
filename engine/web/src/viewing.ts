// What this page shows, told to the engine for the record: whenever it changes, and again on every new connection.

import type { App } from './app';
import type { Sea } from './map/sea';
import type { Sound } from './sound';

const LAYERS = ['labels', 'trails', 'cells', 'zones'] as const;

/** As the feed has it. */
export function viewing({ options, selected }: App, sea: Sea, sound: Sound): Record<string, unknown> {
  const { lat, lng } = sea.chart.map.getCenter().wrap();
  return {
    lat: Number(lat.toFixed(4)),
    lon: Number(lng.toFixed(4)),
    zoom: Number(sea.chart.map.getZoom().toFixed(1)),
    layout: options.layout,
    palette: options.palette,
    language: options.lang,
    sound: sound.state,
    ...(selected !== undefined && { track: selected }),
    hidden: LAYERS.filter((layer) => !sea.show[layer]),
  };
}

/** Tells it, once a second at most. */
export class Told {
  #last = '';
  #epoch = '';

  constructor(
    readonly app: App,
    readonly now: () => Record<string, unknown>,
  ) {
    setInterval(() => this.#tell(), 1000);
    app.on('status', () => {
      // A new connection knows nothing of the last one.
      if (app.status?.state !== 'live') this.#last = '';
    });
  }

  #tell(): void {
    const { status } = this.app;
    if (status?.state !== 'live' || !status.welcome || status.welcome.replay) return;
    const message = this.now();
    const text = JSON.stringify(message);
    if (text === this.#last && this.#epoch === status.welcome.epoch) return;
    [this.#last, this.#epoch] = [text, status.welcome.epoch];
    this.app.tell({ viewing: message });
  }
}
