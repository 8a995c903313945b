// The radio under the time bar of a replay: which channel is heard, and what it looks like around now.

import type { App } from '../app';
import { h, setText } from '../dom';
import { isObject, number, text } from '../feed/messages';
import { Radio } from '../radio';
import type { Panel } from './panel';

const TICK_MS = 100;
/** To either side of now. */
const SIDE_US = 30_000_000;
const PARTS = 600;
/** So often it is drawn from anew. */
const STEP_US = 5_000_000;

interface Drawn {
  fromUs: number;
  peaks: number[];
  spoken: { from: number; to: number }[];
}

export function radio(app: App, bar: HTMLElement): Panel & { radio: Radio } {
  const sound = new Radio();
  const choice = h('select', {
    onchange: () => {
      sound.choose(choice.value || undefined);
      void overview();
    },
  });
  /** Along the whole time bar: when somebody spoke. */
  const spurts = h('canvas', { class: 'spurts', 'aria-hidden': 'true' });
  bar.prepend(spurts);
  const state = h('output', { class: 'heard' });
  const wave = h('canvas', { class: 'wave', 'aria-hidden': 'true' });
  const element = h('section', { class: 'radio', hidden: true }, choice, wave, state);
  let channels: string[] = [];
  let isAsked = false;
  let drawn: Drawn | undefined;
  let asked = Number.NaN;

  /** What there is to hear; asked once it is known that this is a replay. */
  const ask = async () => {
    isAsked = true;
    const answer = await fetch('voice.json').catch(() => undefined);
    const told: unknown = answer?.ok ? await answer.json() : undefined;
    const all = isObject(told) && Array.isArray(told.channels) ? told.channels : [];
    channels = all.flatMap((it: unknown) => text(it, 64) ?? []).slice(0, 100);
    choice.replaceChildren(...['', ...channels].map((name) => h('option', { value: name }, name)));
  };

  const overview = async () => {
    const { width, height } = spurts.getBoundingClientRect();
    const [channel, replaying] = [sound.channel, app.status?.replaying];
    [spurts.width, spurts.height] = [Math.round(width * devicePixelRatio), Math.round(height)];
    if (channel === undefined || !replaying) return;
    const { fromUs, toUs } = replaying;
    const url = `voice/${encodeURIComponent(channel)}/spoken?from_us=${fromUs}&to_us=${toUs}`;
    const answer = await fetch(url).catch(() => undefined);
    const told: unknown = answer?.ok ? await answer.json() : undefined;
    const pen = spurts.getContext('2d');
    if (!Array.isArray(told) || !pen || sound.channel !== channel) return;
    pen.fillStyle = getComputedStyle(element).getPropertyValue('--camera');
    const x = (us: number) => ((us - fromUs) / Math.max(1, toUs - fromUs)) * spurts.width;
    for (const it of told.slice(0, 100_000)) {
      const [from, to] = isObject(it) ? [number(it.from_us, 0), number(it.to_us, 0)] : [];
      if (from !== undefined && to !== undefined)
        pen.fillRect(x(from), 0, Math.max(1, x(to) - x(from)), spurts.height);
    }
  };

  const look = async (channel: string, middle: number) => {
    asked = middle;
    const [from, to] = [middle - 2 * SIDE_US, middle + 2 * SIDE_US];
    const url = `voice/${encodeURIComponent(channel)}/peaks?from_us=${from}&to_us=${to}&parts=${2 * PARTS}`;
    const answer = await fetch(url).catch(() => undefined);
    const told: unknown = answer?.ok ? await answer.json() : undefined;
    if (!isObject(told) || !Array.isArray(told.peaks) || asked !== middle) return;
    const spoken = (Array.isArray(told.spoken) ? told.spoken : []).flatMap((it: unknown) => {
      if (!isObject(it)) return [];
      const [from, to] = [number(it.from_us, 0), number(it.to_us, 0)];
      return from !== undefined && to !== undefined ? [{ from, to }] : [];
    });
    drawn = {
      fromUs: from,
      peaks: told.peaks.slice(0, 2 * PARTS).map((it: unknown) => number(it, 0, 1) ?? 0),
      spoken,
    };
  };

  const draw = (nowUs: number) => {
    const { width, height } = wave.getBoundingClientRect();
    const ratio = devicePixelRatio;
    if (width === 0) return;
    wave.width = Math.round(width * ratio);
    wave.height = Math.round(height * ratio);
    const pen = wave.getContext('2d');
    if (!pen) return;
    const style = getComputedStyle(element);
    const x = (us: number) => ((us - nowUs + SIDE_US) / (2 * SIDE_US)) * wave.width;
    pen.clearRect(0, 0, wave.width, wave.height);
    if (drawn && sound.channel !== undefined) {
      pen.fillStyle = style.getPropertyValue('--edge');
      for (const { from, to } of drawn.spoken)
        pen.fillRect(x(from), 0, Math.max(1, x(to) - x(from)), wave.height);
      pen.fillStyle = style.getPropertyValue('--camera');
      const step = (4 * SIDE_US) / drawn.peaks.length;
      const wide = Math.max(1, x(step) - x(0));
      drawn.peaks.forEach((peak, index) => {
        // Louder is taller, as the ear has it: from 60 decibels below the loudest on.
        const tall = peak > 0 ? Math.max(0, 1 + Math.log10(peak) / 3) * wave.height : 1;
        pen.fillRect(x((drawn?.fromUs ?? 0) + index * step), (wave.height - tall) / 2, wide, tall);
      });
    }
    pen.fillStyle = style.getPropertyValue('--ink');
    pen.fillRect(wave.width / 2 - ratio, 0, 2 * ratio, wave.height);
  };

  setInterval(() => {
    if (element.hidden) return;
    sound.tick(app.radioUs());
    draw(app.radioUs() ?? app.nowUs());
  }, TICK_MS);

  return {
    element,
    radio: sound,
    update: () => {
      const { words, status } = app;
      if (status?.replaying && !isAsked) void ask();
      element.hidden = !status?.replaying || channels.length === 0;
      if (element.hidden) return;
      choice.setAttribute('aria-label', words.radio);
      const [mute] = choice.options;
      if (mute) setText(mute, words.radioOff);
      const how =
        sound.channel === undefined || !status?.replaying?.playing
          ? ''
          : app.radioUs() === undefined
            ? words.radioMuted
            : sound.isHeard
              ? words.radioHeard
              : words.radioWaits;
      setText(state, how);
      const middle = Math.round(app.nowUs() / STEP_US) * STEP_US;
      if (sound.channel !== undefined && asked !== middle) void look(sound.channel, middle);
    },
  };
}
