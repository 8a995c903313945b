// Another console, over TCP: what it holds is the truth that a page is held against.

import { connect } from 'node:net';

type Message = Record<string, Record<string, unknown> | undefined>;

export class Console {
  readonly tracks = new Map<number, Record<string, unknown>>();
  readonly alerts = new Map<number, Record<string, unknown>>();
  readonly cells = new Map<string, Record<string, unknown>>();
  readonly units = new Map<string, Record<string, unknown>>();
  readonly #socket;

  constructor(port: number) {
    let rest = '';
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('error', () => {});
    this.#socket.on('data', (data) => {
      const lines = (rest + data.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line) this.#take(JSON.parse(line) as Message);
    });
  }

  #take({ track, track_gone: gone, alert, cell, unit }: Message): void {
    if (track) this.tracks.set(Number(track.id), track);
    if (gone) this.tracks.delete(Number(gone.id));
    if (alert) this.alerts.set(Number(alert.id), alert);
    if (cell) this.cells.set(String(cell.code), cell);
    if (unit) this.units.set(String(unit.name), unit);
  }

  async until(what: () => boolean, within = 15_000): Promise<void> {
    const end = Date.now() + within;
    while (!what()) {
      if (Date.now() > end) throw new Error('it did not happen');
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}
