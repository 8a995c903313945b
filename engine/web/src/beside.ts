// A replay with what another configuration makes of the same inputs beside it: two pictures, one time bar, one view.
// The engine keeps the two in step; here they look at the same place, and at the same vessel.

import { App } from './app';
import { h, setText } from './dom';
import type { Alert } from './feed/messages';
import { follow } from './map/areas';
import { Sea } from './map/sea';
import { alertBoard } from './panels/alerts';
import type { Panel } from './panels/panel';
import { ago } from './words';

/** Told apart by more than this, the second is still on its way. */
const BEHIND_US = 3_000_000;

export interface Beside {
  app: App;
  sea: Sea;
  /** Alerts as the other configuration raises them. */
  alerts: Panel;
  /** Whether the other one has no such alert. */
  isOnlyRecorded(alert: Alert): boolean;
  update(): void;
}

export function beside(first: App, sea: Sea): Beside {
  const app = new App(first.options, first.place, 'feed/beside');
  const second = new Sea(app);
  const [left, right] = [h('h2', { class: 'side' }), h('h2', { class: 'side' })];
  const late = h('div', { class: 'late', role: 'status' });
  sea.element.append(left);
  second.element.classList.add('beside');
  second.element.append(right, late);
  follow(app, 'beside/areas.json', (areas) => second.chart.areas(areas));
  together(sea, second);
  sameVessel(first, app);
  first.on('options', () => app.say('options'));
  const isOnly = (alert: Alert, here: App, there: App) => {
    const key = about(here, alert);
    return !there.things.alerts.some((other) => other.state !== 'cleared' && about(there, other) === key);
  };
  const alerts = alertBoard(app, {
    title: () => `${app.words.alerts}: ${app.words.beside}`,
    isOnlyHere: (alert) => isOnly(alert, app, first),
  });
  alerts.element.classList.add('of-beside');
  return {
    app,
    sea: second,
    alerts,
    isOnlyRecorded: (alert) => isOnly(alert, first, app),
    update: () => {
      const { words, place } = first;
      setText(left, words.recordedIs);
      setText(right, `${words.beside}: ${place.beside}`);
      const behindUs = Math.abs((first.status?.timeUs ?? 0) - (app.status?.timeUs ?? 0));
      const isBehind =
        !app.isWhole || behindUs > BEHIND_US * Math.max(1, first.status?.replaying?.speed ?? 1);
      second.element.classList.toggle('gone', app.isStale);
      late.hidden = !app.isStale && !isBehind;
      setText(late, app.isStale ? words.lost : isBehind ? `${words.catchingUp} ${ago(behindUs / 1e6)}` : '');
    },
  };
}

/** Whom and what an alert is about, in words that mean the same in both. */
function about(app: App, { kind, tracks, zone, cell }: Alert): string {
  const names = tracks.map((id) => {
    const slot = app.slots.get(id);
    const brief = slot === undefined ? undefined : app.briefs.get(slot);
    return brief?.mmsi ?? brief?.card ?? brief?.name ?? '?';
  });
  return [kind, ...names.sort(), zone, cell].join('|');
}

/** Where one is moved, the other goes too. */
function together(one: Sea, other: Sea): void {
  let isLed = false;
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.chart.map.on('move', () => {
      if (isLed) return;
      isLed = true;
      to.chart.map.jumpTo({ center: from.chart.map.getCenter(), zoom: from.chart.map.getZoom() });
      isLed = false;
    });
  }
}

/** A vessel that is selected in one is selected in the other: by what she is called, as numbers of tracks differ. */
function sameVessel(one: App, other: App): void {
  let isLed = false;
  const lead = (from: App, to: App) => {
    if (isLed) return;
    const slot = from.selected === undefined ? undefined : from.slots.get(from.selected);
    const mmsi = slot === undefined ? undefined : from.briefs.get(slot)?.mmsi;
    const brief = mmsi === undefined ? undefined : [...to.briefs.values()].find((it) => it.mmsi === mmsi);
    isLed = true;
    to.select(brief && brief.id > 0 ? brief.id : undefined);
    isLed = false;
  };
  one.on('select', () => lead(one, other));
  other.on('select', () => lead(other, one));
}
