// The sound of a radio channel, played to the clock of a replay: what was said is heard when it is seen.

const CHUNK_US = 10_000_000;
/** So much is fetched before it is needed. */
const AHEAD_US = 15_000_000;
/** Sound that is so far off is begun anew ... */
const OFF_MS = 25;
/** ... where it has been so often in a row: the clock of a page stumbles. */
const OFTEN = 2;
/** A header that is all that WAV needs. */
const HEADER = 44;

interface Chunk {
  buffer: AudioBuffer | undefined;
  node: AudioBufferSourceNode | undefined;
}

function silence(chunk: Chunk): void {
  chunk.node?.stop();
  chunk.node?.disconnect();
  chunk.node = undefined;
}

export class Radio {
  #context: AudioContext | undefined;
  #output: AudioNode | undefined;
  #channel: string | undefined;
  readonly #chunks = new Map<number, Chunk>();
  /** That instant of the recording sounds at that time of the context. */
  #anchor: { us: number; at: number } | undefined;
  #off = 0;
  /** How often it was begun anew. */
  began = 0;

  constructor(readonly fetched: (url: string) => Promise<Response> = (url) => fetch(url)) {}

  get channel(): string | undefined {
    return this.#channel;
  }

  /** All that is heard goes through here. */
  get output(): AudioNode | undefined {
    return this.#output;
  }

  get isHeard(): boolean {
    return this.#context?.state === 'running' && this.#anchor !== undefined;
  }

  /** After a person has touched the page. */
  choose(channel: string | undefined): void {
    this.#stop();
    this.#chunks.clear();
    this.#channel = channel;
    if (channel === undefined) return;
    this.#context ??= new AudioContext({ latencyHint: 'interactive' });
    this.#output ??= new GainNode(this.#context);
    this.#output.connect(this.#context.destination);
    void this.#context.resume();
  }

  /** The clock of the replay shows this now; `undefined` where it does not go on as fast as it was. */
  tick(nowUs: number | undefined): void {
    const context = this.#context;
    if (!context || this.#channel === undefined || nowUs === undefined || context.state !== 'running') {
      this.#stop();
      return;
    }
    this.#fetch(nowUs);
    // What is given to the context now is heard a little later.
    const heard = context.currentTime - (context.outputLatency || 0);
    if (this.#anchor) {
      const off = (this.#anchor.us - nowUs) / 1000 + (heard - this.#anchor.at) * 1000;
      this.#off = Math.abs(off) > OFF_MS ? this.#off + 1 : 0;
      if (this.#off >= OFTEN || Math.abs(off) > 1000) this.#stop();
    }
    if (!this.#anchor) {
      this.#anchor = { us: nowUs, at: heard };
      this.#off = 0;
      this.began += 1;
    }
    for (const [from, chunk] of this.#chunks) this.#schedule(context, from, chunk);
  }

  #fetch(nowUs: number): void {
    const first = Math.floor(nowUs / CHUNK_US) * CHUNK_US;
    for (const [from, chunk] of this.#chunks) {
      if (from >= first - CHUNK_US && from <= first + 2 * AHEAD_US) continue;
      // It was sent elsewhere: what would still sound there is silent.
      silence(chunk);
      this.#chunks.delete(from);
    }
    for (let from = first; from < nowUs + AHEAD_US; from += CHUNK_US) {
      if (this.#chunks.has(from)) continue;
      const chunk: Chunk = { buffer: undefined, node: undefined };
      this.#chunks.set(from, chunk);
      const url = `voice/${encodeURIComponent(this.#channel ?? '')}?from_us=${from}&to_us=${from + CHUNK_US}`;
      this.fetched(url)
        .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(answer.statusText))))
        .then((bytes) => {
          chunk.buffer = this.#read(bytes);
        })
        // Asked again at the next look.
        .catch(() =>
          setTimeout(() => {
            if (this.#chunks.get(from) === chunk) this.#chunks.delete(from);
          }, 1000),
        );
    }
  }

  #read(bytes: ArrayBuffer): AudioBuffer | undefined {
    const view = new DataView(bytes);
    if (bytes.byteLength <= HEADER) return undefined;
    const rate = view.getUint32(24, true);
    const length = Math.floor((bytes.byteLength - HEADER) / 2);
    const samples = new Float32Array(length);
    for (let n = 0; n < length; n++) samples[n] = view.getInt16(HEADER + 2 * n, true) / 32_768;
    const buffer = new AudioBuffer({ length, sampleRate: rate, numberOfChannels: 1 });
    buffer.copyToChannel(samples, 0);
    return buffer;
  }

  #schedule(context: AudioContext, from: number, chunk: Chunk): void {
    if (chunk.node || !chunk.buffer || !this.#anchor || !this.#output) return;
    const at = this.#anchor.at + (from - this.#anchor.us) / 1e6;
    const late = context.currentTime - at;
    if (late >= chunk.buffer.duration) return;
    const node = new AudioBufferSourceNode(context, { buffer: chunk.buffer });
    node.connect(this.#output);
    if (late > 0) node.start(context.currentTime, late);
    else node.start(at);
    chunk.node = node;
  }

  #stop(): void {
    this.#anchor = undefined;
    for (const chunk of this.#chunks.values()) silence(chunk);
  }
}
