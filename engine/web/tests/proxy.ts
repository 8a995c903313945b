// What stands between a page and its engine, and may be cut, or fall silent without a word.

import { connect, createServer, type Socket } from 'node:net';

export interface Proxy {
  port: number;
  /** Nothing passes any more, and nobody is told. */
  stall(): void;
  /** Connections are closed, and none are taken. */
  cut(): void;
  heal(): void;
  close(): void;
}

export function between(port: number): Promise<Proxy> {
  let state: 'open' | 'stalled' | 'cut' = 'open';
  const all = new Set<Socket>();
  const server = createServer((client) => {
    if (state === 'cut') return client.destroy();
    const engine = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [client, engine],
      [engine, client],
    ] as const) {
      all.add(from);
      from.on('data', (data) => {
        if (state !== 'stalled') to.write(data);
      });
      from.on('error', () => {});
      from.on('close', () => {
        all.delete(from);
        to.destroy();
      });
    }
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address ? address.port : 0,
        stall: () => {
          state = 'stalled';
        },
        cut: () => {
          state = 'cut';
          for (const socket of all) socket.destroy();
        },
        heal: () => {
          state = 'open';
        },
        close: () => {
          for (const socket of all) socket.destroy();
          server.close();
        },
      });
    });
  });
}
