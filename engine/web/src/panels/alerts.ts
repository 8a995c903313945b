// The alert board: the worst first, and of these the newest. The same list on every screen.

import type { App } from '../app';
import { h, Rows, setText } from '../dom';
import { type Alert, PRIORITIES } from '../feed/messages';
import { ago } from '../words';
import { frame, type Panel } from './panel';

/** More than this nobody reads from across a room; the rest is counted. */
const MOST_SHOWN = 12;
/** Beside everything else that an overview shows. */
const MOST_BESIDE = 5;

const isNew = (alert: Alert) =>
  alert.state === 'active' || alert.state === 'rectified' || alert.state === 'silenced';

/** As an operator should take them up. */
export function ranked(alerts: readonly Alert[], nowUs: number): Alert[] {
  const isShelved = (alert: Alert) => (alert.shelvedUntilUs ?? 0) > nowUs;
  return alerts
    .filter((alert) => alert.state !== 'cleared')
    .sort(
      (a, b) =>
        Number(isShelved(a)) - Number(isShelved(b)) ||
        PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority) ||
        Number(isNew(b)) - Number(isNew(a)) ||
        b.raisedUs - a.raisedUs,
    );
}

export function goTo(app: App, alert: Alert): void {
  const [track] = alert.tracks;
  if (track !== undefined) app.select(track);
  const slot = track === undefined ? undefined : app.slots.get(track);
  const at = alert.at ?? (slot === undefined ? undefined : app.whereIs(slot));
  if (at) app.fly(at.lat, at.lon, 12.6);
}

export interface Sides {
  /** What stands above it. */
  title: () => string;
  /** Whether the picture beside this one has no such alert. */
  isOnlyHere: (alert: Alert) => boolean;
}

export function alertBoard(app: App, sides?: Sides): Panel {
  const list = h('ol', { class: 'alerts' });
  const none = h('p', { class: 'none' });
  const more = h('p', { class: 'more' });
  const counts = h('span', { class: 'counts' });
  const answers = h('p', { class: 'answer', role: 'status' });
  const { element, head, retitle } = frame(
    'alert-board',
    sides?.title ?? (() => app.words.alerts),
    list,
    none,
    more,
    answers,
  );
  head.append(counts);
  const known = new Map<string, Alert>();

  const make = (key: string): HTMLElement => {
    const go = () => {
      const alert = known.get(key);
      if (alert) goTo(app, alert);
    };
    const acknowledge = async () => {
      const alert = known.get(key);
      if (!alert) return;
      const answer = await app.command({
        acknowledge: { alert: alert.id, revision: alert.revision, reason: '' },
      });
      setText(answers, answer.code === 200 ? '' : `${answer.code} ${answer.text}`);
    };
    return h(
      'li',
      {},
      h('span', { class: 'priority' }),
      h('button', { class: 'text', type: 'button', onclick: go }),
      h('span', { class: 'age' }),
      h('span', { class: 'what' }),
      h('button', { class: 'ack', type: 'button', onclick: () => void acknowledge() }),
    );
  };
  const fill = (row: HTMLElement, alert: Alert): void => {
    const { words } = app;
    const nowUs = app.nowUs();
    const isOnlyHere = sides?.isOnlyHere(alert) === true;
    row.className = `${alert.priority} ${isNew(alert) ? 'new' : 'old'} ${isOnlyHere ? 'only-here' : ''}`;
    row.dataset.alert = String(alert.id);
    row.dataset.state = alert.state;
    const [priority, text, age, what, ack] = [...row.children] as HTMLElement[];
    if (!priority || !text || !age || !what || !ack) return;
    setText(priority, words.priority[alert.priority]);
    setText(text, app.textOf(alert));
    setText(age, ago((nowUs - alert.raisedUs) / 1e6));
    const isShelved = (alert.shelvedUntilUs ?? 0) > nowUs;
    const told = [
      isOnlyHere ? words.onlyHere : '',
      isShelved ? words.shelved : words.state[alert.state],
      alert.owner ?? alert.user,
      alert.zone,
      alert.sectors.filter((sector) => sector !== 'all').join(' '),
      alert.escalation > 0 ? `↑${alert.escalation}` : '',
    ];
    setText(what, told.filter((part) => part).join(' · '));
    setText(ack, words.acknowledge);
    ack.hidden = !app.mayAct || !isNew(alert) || alert.category === 'C';
  };
  const rows = new Rows<Alert>(list, make, fill);

  return {
    element,
    update: () => {
      retitle();
      const all = ranked(app.things.alerts, app.nowUs());
      const most = app.options.layout === 'overview' ? MOST_BESIDE : MOST_SHOWN;
      const shown = all.slice(0, most);
      known.clear();
      for (const alert of shown) known.set(String(alert.id), alert);
      rows.show(shown, (alert) => String(alert.id));
      none.hidden = all.length > 0;
      setText(none, app.words.noAlerts);
      more.hidden = all.length <= most;
      setText(more, `+ ${all.length - most} ${app.words.more}`);
      setText(counts, all.length > 0 ? String(all.length) : '');
    },
  };
}
