// The page: its parts put together, and looked at twice a second.

import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/noto-sans-sc/wght.css';
import 'maplibre-gl/dist/maplibre-gl.css';
import './style.css';
import { App, clockMs, type Place } from './app';
import { beside } from './beside';
import { signIn, signOut, toLogin } from './desk';
import { h, setText } from './dom';
import { follow } from './map/areas';
import { Sea } from './map/sea';
import { read, unitOf } from './options';
import { PALETTES, paletteOf } from './palette';
import { alertBoard } from './panels/alerts';
import { cameraList } from './panels/cameras';
import type { Panel } from './panels/panel';
import { radio } from './panels/radio';
import { timeBar } from './panels/replay';
import { search } from './panels/search';
import { sensorHealth } from './panels/sensors';
import { statistics } from './panels/stats';
import { type Tally, tally } from './panels/tally';
import { ticker } from './panels/ticker';
import { trafficList } from './panels/traffic';
import { unitBoard } from './panels/units';
import { vesselCard } from './panels/vessel';
import { Sound } from './sound';
import { Told, viewing } from './viewing';
import { ago, clockOf } from './words';

const LOOK_MS = 500;

async function start(): Promise<void> {
  const options = read(location.search, location.hash, navigator.languages);
  // A token is not left where the next one at this desk can read it.
  if (options.token !== undefined) {
    sessionStorage.setItem('token', options.token);
    history.replaceState(null, '', location.pathname + location.search);
  }
  options.token ??= sessionStorage.getItem('token') ?? undefined;
  const told = await fetch('wall.json');
  // A page that the browser still had, and a session that is over.
  if (told.status === 401) return toLogin();
  const place = (await told.json()) as Place;
  const app = new App(options, place);
  const sea = new Sea(app);
  const sound = new Sound(options.sound);
  let tallied: Tally | undefined;
  // Two pictures side by side are for whoever looks into what has been.
  const pair = place.beside !== undefined && options.layout === 'replay' ? beside(app, sea) : undefined;
  const seas = pair ? [sea, pair.sea] : [sea];
  const panels: Record<string, Panel> = {
    vessel: vesselCard(app),
    alerts: alertBoard(
      app,
      pair && {
        title: () => `${app.words.alerts}: ${app.words.recordedIs}`,
        isOnlyHere: pair.isOnlyRecorded,
      },
    ),
    ...(pair && { beside: pair.alerts }),
    traffic: trafficList(app, () => tallied, sea.targets.values),
    stats: statistics(app, () => tallied),
    cameras: cameraList(app),
    units: unitBoard(app),
    sensors: sensorHealth(app),
    ticker: ticker(app),
  };
  const bar = timeBar(app);
  const channels = radio(app, bar.track);
  const find = search(app);
  const header = top(app, sea, sound, find.element);
  const watermark = h('div', { class: 'watermark', 'aria-hidden': 'true' });
  const broken = h('div', { class: 'broken', role: 'alert' });
  const frozen = h('div', { class: 'frozen', 'aria-hidden': 'true' });
  const coast = h('div', { class: 'coast' });
  const door = signIn(app);
  sea.element.append(watermark, coast, toolBox(app, seas), legend(app, sea), broken);
  const aside = h('aside', {}, ...Object.values(panels).map(({ element }) => element));
  document.body.append(
    header.element,
    h('main', {}, h('div', { class: 'seas' }, ...seas.map(({ element }) => element)), aside),
    bar.element,
    channels.element,
    frozen,
    door.element,
  );

  const paint = () => {
    const { width, height } = document.body.getBoundingClientRect();
    const unit = unitOf(width, height, options.scale);
    document.documentElement.style.fontSize = `${14 * unit}px`;
    document.documentElement.lang = options.lang === 'zh' ? 'zh-CN' : 'en';
    document.body.className = `layout-${options.layout} palette-${options.palette} ${options.kiosk ? 'kiosk' : ''}`;
    document.title = `${options.lang === 'zh' ? place.title_zh : place.title} · Fairway`;
    for (const one of seas) one.paint(paletteOf(options.palette), unit);
    look();
  };
  let unfreeze = 0;
  function look(): void {
    const { words, status } = app;
    tallied = tally(app, sea.targets.values, sea.targets.used, sea.now());
    const isReplay = status?.welcome?.replay === true;
    const stale = app.isStale;
    document.body.classList.toggle('stale', stale);
    document.body.classList.toggle('replay', isReplay);
    document.body.classList.toggle(
      'alarmed',
      app.things.alerts.some((alert) => alert.priority === 'emergency' && alert.state === 'active'),
    );
    broken.hidden = !stale;
    const state = status?.state === 'live' || status?.state === 'silent' ? words.stale : words.lost;
    const silent = app.silentMs();
    setText(
      broken,
      Number.isFinite(silent) ? `${state} · ${words.since} ${ago(silent / 1000)}` : words.connecting,
    );
    const replaying = status?.replaying;
    const speed = replaying
      ? replaying.playing
        ? ` ×${replaying.speed > 1000 ? words.fast : replaying.speed}`
        : ' ❚❚'
      : '';
    setText(watermark, isReplay ? `${words.replay} ${clockOf(app.nowUs(), false)}${speed}` : '');
    setText(
      coast,
      place.chart.note === null ? words.coast : `${place.chart.note} · ${words.notForNavigation}`,
    );
    setText(frozen, words.frozen);
    const undrawn = status?.counts.undrawn ?? 0;
    if (!sea.targets.isOpen) coast.textContent = words.noGraphics;
    else if (undrawn > 0) coast.textContent = `${undrawn} ${words.undrawn}`;
    // What was sounded then is not sounded again: a replay calls nobody.
    if (!isReplay) sound.tick(app.things.alerts, clockMs());
    header.update();
    find.update();
    bar.update();
    channels.update();
    pair?.update();
    door.update();
    for (const { element, update } of Object.values(panels)) {
      // One that is empty is not shown, and must be asked whether it still is.
      if (element.offsetParent !== null || element.classList.contains('empty')) update();
    }
    // Its animation shows it after ten seconds in which nobody began it anew: also where this loop hangs.
    const now = performance.now();
    if (now - unfreeze > 2000) {
      unfreeze = now;
      frozen.classList.toggle('again');
    }
  }
  app.on('options', paint);
  app.on('select', look);
  app.on('detail', () => panels.vessel?.update());
  app.on('things', () => panels.alerts?.update());
  pair?.app.on('things', () => panels.beside?.update());
  app.on('status', () => header.update());
  window.addEventListener('resize', paint);
  window.addEventListener('keydown', (event) => {
    if (event.target instanceof HTMLInputElement) return;
    if (event.key === '/') {
      event.preventDefault();
      find.focus();
    }
    if (event.key === 'Escape') app.select(undefined);
  });
  paint();
  new Told(app, () => viewing(app, sea, sound));
  setInterval(look, LOOK_MS);
  follow(app, 'areas.json', (areas) => sea.chart.areas(areas));
  // For whoever measures or tests this page.
  Object.assign(window, { fairway: { app, sea, beside: pair, radio: channels.radio } });
}

function top(app: App, sea: Sea, sound: Sound, find: HTMLElement): Panel {
  const title = h('h1');
  const state = h('span', { class: 'state', role: 'status' });
  const who = h('span', { class: 'who' });
  const utc = h('time', { class: 'clock' });
  const date = h('span', { class: 'date' });
  const count = h('span', { class: 'count' });
  const alarms = h('span', { class: 'alarm-count' });
  const choice = (
    words: readonly string[],
    chosen: () => string,
    choose: (word: string) => void,
    label: () => string,
  ) => {
    const select = h(
      'select',
      { onchange: () => choose(select.value) },
      ...words.map((word) => h('option', { value: word })),
    );
    return {
      select,
      update: (say: (word: string) => string) => {
        select.setAttribute('aria-label', label());
        for (const option of select.options) setText(option, say(option.value));
        if (select.value !== chosen()) select.value = chosen();
      },
    };
  };
  const palettes = choice(
    PALETTES,
    () => app.options.palette,
    (word) => {
      app.options.palette = PALETTES.find((name) => name === word) ?? 'dusk';
      app.say('options');
    },
    () => app.words.palette,
  );
  const language = h('button', {
    type: 'button',
    onclick: () => {
      app.options.lang = app.options.lang === 'zh' ? 'en' : 'zh';
      app.say('options');
    },
  });
  const speaker = h('button', {
    type: 'button',
    class: 'speaker',
    onclick: () => {
      if (sound.state === 'blocked') sound.allow();
      else sound.isWanted = !sound.isWanted;
      if (sound.isWanted) sound.allow();
    },
  });
  const home = h('button', { type: 'button', onclick: () => sea.home() });
  const leave = signOut(app);
  const controls = h(
    'div',
    { class: 'controls' },
    find,
    home,
    palettes.select,
    language,
    speaker,
    leave.element,
  );
  const element = h(
    'header',
    {},
    h('div', { class: 'name' }, title, state),
    h('div', { class: 'figures' }, count, alarms),
    controls,
    h('div', { class: 'time' }, utc, date, who),
  );
  return {
    element,
    update: () => {
      const { words, status, options, place } = app;
      setText(title, options.lang === 'zh' ? place.title_zh : place.title);
      const isStale = app.isStale;
      const isReplay = status?.welcome?.replay === true;
      const word = isStale
        ? status && status.beatAt > 0
          ? words.stale
          : words.connecting
        : isReplay
          ? words.replay
          : words.live;
      setText(state, word);
      state.className = `state ${isStale ? 'bad' : isReplay ? 'replay' : 'good'}`;
      setText(utc, `${clockOf(app.nowUs(), false)} ${words.utc}`);
      setText(
        date,
        `${new Date(app.nowUs() / 1000).toISOString().slice(0, 10)} · ${clockOf(app.nowUs(), true)} ${words.local}`,
      );
      const welcome = status?.welcome;
      const role = welcome && (words.role[welcome.role as keyof typeof words.role] ?? welcome.role);
      setText(
        who,
        [welcome?.user, role, app.refusal && `${words.refused}: ${app.refusal}`].filter(Boolean).join(' · '),
      );
      setText(count, `${status?.counts.tracks ?? 0} ${words.targets}`);
      const live = app.things.alerts.filter(({ state }) => state !== 'cleared');
      const grave = live.filter(({ priority }) => priority === 'alarm' || priority === 'emergency').length;
      const warn = live.filter(({ priority }) => priority === 'warning').length;
      setText(alarms, `▲ ${grave} ${words.priority.alarm} · ● ${warn} ${words.priority.warning}`);
      alarms.classList.toggle('grave', grave > 0);
      palettes.update((name) => words[name as 'day']);
      setText(language, words.language);
      setText(home, words.home);
      const heard = { on: `♪ ${words.sound}`, muted: `✕ ${words.muted}`, blocked: `✕ ${words.soundAsk}` }[
        sound.state
      ];
      setText(speaker, heard);
      speaker.classList.toggle('quiet', sound.state !== 'on');
      leave.update();
    },
  };
}

function toolBox(app: App, seas: readonly Sea[]): HTMLElement {
  const box = h('div', { class: 'tools', role: 'toolbar' });
  const rows: [keyof Sea['show'], () => string][] = [
    ['labels', () => app.words.labels],
    ['trails', () => app.words.trails],
    ['cells', () => app.words.cells],
    ['zones', () => app.words.zones],
    ['uncertainty', () => app.words.uncertainty],
    ['rings', () => app.words.rings],
    ['measure', () => app.words.measure],
  ];
  const buttons = rows.map(([what]) =>
    h('button', {
      type: 'button',
      'data-tool': what,
      onclick: () => {
        for (const sea of seas) sea.toggle(what);
        update();
      },
    }),
  );
  function update(): void {
    rows.forEach(([what, word], index) => {
      const button = buttons[index];
      if (!button) return;
      setText(button, word());
      button.setAttribute('aria-pressed', String(seas[0]?.show[what] === true));
    });
  }
  update();
  app.on('options', update);
  box.append(...buttons);
  return box;
}

/** What the symbols mean, in the colours that they have now. */
function legend(app: App, sea: Sea): HTMLElement {
  const box = h('div', { class: 'legend' });
  const update = () => {
    const { words } = app;
    const inks = sea.palette.targetInks;
    const rows: [string, string, string | undefined][] = [
      ['△', words.ais, inks[0]],
      ['○', words.radar, inks[1]],
      ['⨂', words.fused, inks[2]],
      ['◇', words.beidou, inks[3]],
      ['?', words.doubtful, inks[4]],
      ['✕', words.lives.lost, inks[5]],
    ];
    box.replaceChildren(
      ...rows.map(([sign, word, ink]) => {
        const mark = h('i', { 'aria-hidden': 'true' }, sign === '⨂' ? '◬' : sign);
        mark.style.color = ink ?? '';
        return h('span', {}, mark, word);
      }),
    );
  };
  app.on('options', update);
  update();
  return box;
}

void start();
