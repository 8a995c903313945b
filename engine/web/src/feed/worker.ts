// The worker: holds the connection and the picture, and hands the page what it needs to draw, when it asks.

import { isObject } from './messages';
import { Picture, type Things } from './picture';
import { STRIDE } from './slots';
import type { ToPage, ToWorker } from './wire';

/** A feed that says nothing for this long is not one: a heartbeat comes every second. */
const SILENT_MS = 2500;
const RETRY_MS = [250, 500, 1000, 2000, 4000];

const page = self as unknown as { postMessage(message: ToPage, transfer?: Transferable[]): void };
const picture = new Picture();
let socket: WebSocket | undefined;
let address = '';
let token: string | undefined;
let retry = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let watched: number | undefined;
let received = 0;
/** When the newest heartbeat came, and anything. */
let beatAt = 0;
let heardAt = 0;

/** A clock that the page has too, milliseconds. */
const clock = () => performance.timeOrigin + performance.now();

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.kind) {
    case 'open':
      ({ address, token } = data);
      retry = 0;
      connect();
      break;
    case 'frame':
      frame();
      break;
    case 'watch':
      watched = data.track;
      detail();
      break;
    case 'say':
      say(data.message);
      break;
  }
};

function say(message: unknown): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function connect(): void {
  clearTimeout(timer);
  socket?.close();
  status('connecting');
  const opened = new WebSocket(address);
  socket = opened;
  opened.onopen = () => {
    if (socket !== opened) return;
    heardAt = clock();
    const { welcome, heartbeat } = picture;
    const resume =
      welcome && heartbeat && picture.isWhole
        ? { epoch: welcome.epoch, position: heartbeat.position, alert_event: heartbeat.alertEvent }
        : undefined;
    say({
      hello: {
        client: 'wall',
        version: 1,
        subscriptions: [SUBSCRIPTION],
        ...(token && { token }),
        ...(resume && { resume }),
      },
    });
  };
  opened.onmessage = ({ data }) => {
    if (socket === opened && typeof data === 'string') take(data);
  };
  opened.onclose = () => {
    if (socket !== opened) return;
    socket = undefined;
    status('lost');
    const wait = RETRY_MS[Math.min(retry, RETRY_MS.length - 1)] ?? 4000;
    retry += 1;
    timer = setTimeout(connect, wait);
  };
}

const SUBSCRIPTION = { id: 1, period_ms: 200, detail: 'full' };

function take(data: string): void {
  heardAt = clock();
  for (const line of data.split('\n')) {
    if (line === '') continue;
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      picture.refused += 1;
      continue;
    }
    received += 1;
    const { answer, error } = picture.apply(message);
    if (answer) page.postMessage({ kind: 'answer', answer });
    if (error) page.postMessage({ kind: 'refused', ...error });
    if (!isObject(message)) continue;
    if ('replaying' in message && picture.replaying) picture.replaying.heardAt = clock();
    if ('welcome' in message || 'heartbeat' in message || 'replaying' in message) {
      beatAt = clock();
      retry = 0;
      status('live');
    }
    if (picture.isOff) {
      picture.isOff = false;
      say({ resnap: {} });
    }
    if (isObject(message.track) && message.track.id === watched) detail();
    if (isObject(message.subscribed) && message.subscribed.anew === true) picture.forget();
  }
}

function status(state: 'connecting' | 'live' | 'lost' | 'silent'): void {
  page.postMessage({
    kind: 'status',
    state,
    welcome: picture.welcome,
    heartbeat: picture.heartbeat,
    replaying: picture.replaying,
    timeUs: picture.timeUs,
    beatAt,
    counts: {
      tracks: picture.tracks.size,
      marks: picture.marks.size,
      received,
      refused: picture.refused,
      undrawn: picture.undrawn,
    },
  });
}

// Half-open connections say nothing: whoever hears no heartbeat begins anew.
setInterval(() => {
  if (!socket || socket.readyState !== WebSocket.OPEN) return;
  const silent = clock() - heardAt;
  if (silent > SILENT_MS) status('silent');
  if (silent > 4 * SILENT_MS) connect();
}, 500);

function detail(): void {
  if (watched === undefined) return;
  const track = picture.tracks.get(watched);
  page.postMessage({ kind: 'detail', id: watched, track, trail: picture.trails.get(watched) ?? [] });
}

/** What has changed since the page last asked. */
function frame(): void {
  const slots = Uint32Array.from(picture.dirty);
  const values = new Float32Array(slots.length * STRIDE);
  for (let index = 0; index < slots.length; index += 1) {
    const at = (slots[index] ?? 0) * STRIDE;
    values.set(picture.values.subarray(at, at + STRIDE), index * STRIDE);
  }
  picture.dirty.clear();
  const briefs = [...picture.renamed.values()];
  picture.renamed.clear();
  const things: Partial<Things> = {};
  for (const kind of picture.changedThings) {
    // Each list is whole: they are short, and the page keeps no second state of them.
    (things as Record<string, unknown[]>)[kind] = [...picture[kind].values()];
  }
  picture.changedThings.clear();
  const events = picture.events.splice(0);
  page.postMessage(
    {
      kind: 'frame',
      slots,
      values,
      briefs,
      things,
      events,
      baseUs: picture.baseUs,
      isWhole: picture.isWhole,
    },
    [slots.buffer, values.buffer],
  );
}
