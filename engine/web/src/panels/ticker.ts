// What happened last, in a line of words each.

import type { App } from '../app';
import { h } from '../dom';
import type { Event } from '../feed/picture';
import { clockOf } from '../words';
import { frame, type Panel } from './panel';

export function say(app: App, event: Event): string {
  const { words } = app;
  switch (event.kind) {
    case 'alert':
      return `${words.priority[event.alert.priority]} ${words.state[event.alert.state]}: ${app.textOf(event.alert)}`;
    case 'cue': {
      const { camera, track, released, reason } = event.cue;
      const whom = track === undefined ? '' : app.nameOf(track);
      if (!camera) return `${words.cameras}: ${reason ?? ''} ${whom}`;
      return released ? `${camera}: ${words.idle}` : `${camera} ${words.follows} ${whom}`;
    }
    case 'gone':
      return `${event.name}: ${words.gone} (${event.reason})`;
    case 'sensor':
      return `${event.sensor.name}: ${words.sensorState[event.sensor.state as 'up'] ?? event.sensor.state}`;
  }
}

export function ticker(app: App): Panel {
  const list = h('ol', { class: 'events', tabindex: 0 });
  const { element, retitle } = frame('ticker', () => app.words.events, list);
  return {
    element,
    update: () => {
      retitle();
      list.replaceChildren(
        ...app.events
          .slice(0, 30)
          .map((event) =>
            h(
              'li',
              { class: event.kind === 'alert' ? event.alert.priority : event.kind },
              h('time', {}, clockOf(event.timeUs, false)),
              h('span', {}, say(app, event)),
            ),
          ),
      );
    },
  };
}
