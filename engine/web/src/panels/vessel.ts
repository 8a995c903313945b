// The card of the selected vessel: who she is and who says so, what she does, who hears her.

import type { App } from '../app';
import { h, setText, spark } from '../dom';
import type { Track } from '../feed/messages';
import { ellipse95 } from '../map/geo';
import { ago, bothNotations, shipType } from '../words';
import { frame, type Panel } from './panel';

export function vesselCard(app: App): Panel {
  const title = h('p', { class: 'name' });
  const kind = h('p', { class: 'kind' });
  const doubt = h('p', { class: 'doubt', role: 'alert' });
  const photo = h('div', { class: 'photo' });
  const facts = h('dl', { class: 'facts' });
  const heard = h('div', { class: 'heard' });
  const claims = h('table', { class: 'claims' });
  const history = h('div', { class: 'history' });
  const none = h('p', { class: 'none' });
  const answer = h('p', { class: 'answer', role: 'status' });
  const look = h('button', { type: 'button', class: 'cue', onclick: () => void point() });
  const close = h('button', { type: 'button', class: 'close', onclick: () => app.select(undefined) });
  const body = h(
    'div',
    { class: 'body' },
    title,
    kind,
    doubt,
    photo,
    facts,
    heard,
    history,
    claims,
    look,
    answer,
  );
  const { element, head, retitle } = frame('vessel-card', () => app.words.vessel, none, body);
  head.append(close);

  async function point(): Promise<void> {
    const track = app.selected;
    if (track === undefined) return;
    const said = await app.command({ point_camera: { track, follow: true } });
    setText(answer, said.code === 200 ? said.text || 'OK' : `${said.code} ${said.text}`);
  }

  const show = (track: Track): void => {
    const { words } = app;
    const nowUs = app.nowUs();
    setText(
      title,
      track.name || (track.mmsi !== undefined ? String(track.mmsi) : `${words.unnamed} · U ${track.id}`),
    );
    const what = [
      track.class ? words.classes[track.class] : words.radarOnly,
      shipType(words, track.shipType),
      words.lives[track.life],
    ];
    setText(kind, what.filter(Boolean).join(' · '));
    doubt.hidden = !track.doubt;
    setText(doubt, words.doubt);
    const picture = app.things.pictures.find((picture) => picture.track === track.id);
    photo.replaceChildren(
      picture
        ? h('img', {
            src: `pictures/${picture.sha256}`,
            alt: `${picture.camera} ${ago((nowUs - picture.timeUs) / 1e6)}`,
          })
        : h('span', {}, words.photo),
    );
    const [degrees, decimal] = bothNotations(track.lat, track.lon);
    const unit = (value: number | undefined, digits: number, suffix: string) =>
      value === undefined ? words.unknown : `${value.toFixed(digits)}${suffix}`;
    const hull = track.hull;
    const axes = track.covM2 && ellipse95(track.covM2);
    const rows: [string, string | undefined][] = [
      [words.position, `${degrees}\n${decimal}`],
      [words.sog, unit(track.sogKn, 1, ' kn')],
      [words.cog, unit(track.cogDeg, 0, '°')],
      [words.hdg, unit(track.headingDeg, 0, '°')],
      [words.rot, track.rotDegMin === undefined ? undefined : unit(track.rotDegMin, 1, '°/min')],
      [words.accuracy, axes && `± ${axes[0].toFixed(0)} m`],
      [words.age, ago((nowUs - track.timeUs) / 1e6)],
      ['MMSI', track.mmsi === undefined ? undefined : String(track.mmsi)],
      ['IMO', track.imo === undefined ? undefined : String(track.imo)],
      [words.callsign, track.callsign],
      [words.status, track.navStatus === undefined ? undefined : words.navStatus[track.navStatus]],
      [words.destination, track.destination],
      [words.size, hull && `${hull[0] + hull[1]} × ${hull[2] + hull[3]} m`],
      [words.draught, track.draughtM === undefined ? undefined : unit(track.draughtM, 1, ' m')],
      [words.card, track.card === undefined ? undefined : String(track.card)],
      [words.terminal, track.terminal],
      [words.track, String(track.id)],
    ];
    facts.replaceChildren(
      ...rows.flatMap(([key, value]) => (value ? [h('dt', {}, key), h('dd', {}, value)] : [])),
    );
    heard.replaceChildren(
      h('h3', {}, words.heardBy),
      ...track.heard.map(({ source, timeUs }) =>
        h('span', { class: 'chip' }, `${source} ${ago((nowUs - timeUs) / 1e6)}`),
      ),
    );
    claims.replaceChildren(
      h('caption', {}, words.provenance),
      ...track.claims.map(({ field, value, source, timeUs, belief }) =>
        h(
          'tr',
          {},
          h('td', {}, field),
          h('td', {}, value),
          h('td', {}, source),
          h('td', {}, ago((nowUs - timeUs) / 1e6)),
          h('td', {}, belief === undefined ? '' : belief.toFixed(2)),
        ),
      ),
    );
    claims.hidden = track.claims.length === 0;
    history.replaceChildren(h('h3', {}, words.history), spark(app.speeds));
    history.hidden = app.speeds.length < 3;
    setText(look, words.pointCamera);
    look.hidden = !app.mayAct || app.things.cameras.length === 0;
  };

  app.on('select', () => setText(answer, ''));
  return {
    element,
    update: () => {
      retitle();
      const track = app.detail?.track;
      none.hidden = track !== undefined;
      body.hidden = track === undefined;
      close.hidden = app.selected === undefined;
      setText(none, app.words.noVessel);
      setText(close, app.words.close);
      if (track) show(track);
    },
  };
}
