// Finds a vessel by name, MMSI, IMO, call sign or card.

import type { App } from '../app';
import { h } from '../dom';
import type { Brief } from '../feed/picture';

const MOST_FOUND = 8;

/** The better a vessel fits, the higher; 0: not at all. */
export function fit(brief: Brief, sought: string): number {
  const digits = [brief.mmsi, brief.imo, brief.card].map((number) =>
    number === undefined ? '' : String(number),
  );
  if (digits.includes(sought)) return 4;
  const texts = [brief.name, brief.callsign].map((text) => text?.toLowerCase() ?? '');
  if (texts.includes(sought)) return 4;
  if (texts.some((text) => text.startsWith(sought)) || digits.some((number) => number.startsWith(sought)))
    return 3;
  if (texts.some((text) => text.includes(sought))) return 2;
  return sought.length >= 4 && digits.some((number) => number.includes(sought)) ? 1 : 0;
}

export function search(app: App): { element: HTMLElement; update(): void; focus(): void } {
  const found = h('ul', { class: 'found', role: 'listbox' });
  const input = h('input', {
    type: 'search',
    spellcheck: 'false',
    autocomplete: 'off',
    'data-role': 'search',
  });
  const element = h('div', { class: 'search', role: 'search' }, input, found);
  let hits: Brief[] = [];
  const go = (brief: Brief) => {
    app.select(brief.id);
    const at = app.whereIs(brief.slot);
    if (at) app.fly(at.lat, at.lon, 12.6);
    input.value = '';
    look();
  };
  function look(): void {
    const sought = input.value.trim().toLowerCase();
    hits = [];
    if (sought.length >= 2) {
      const fitting: [number, Brief][] = [];
      for (const brief of app.briefs.values()) {
        const fits = fit(brief, sought);
        if (fits > 0) fitting.push([fits, brief]);
      }
      fitting.sort(([a, one], [b, other]) => b - a || (one.name ?? '').localeCompare(other.name ?? ''));
      hits = fitting.slice(0, MOST_FOUND).map(([, brief]) => brief);
    }
    found.replaceChildren(
      ...hits.map((brief) =>
        h(
          'li',
          { role: 'option' },
          h(
            'button',
            { type: 'button', onclick: () => go(brief) },
            h('span', { class: 'word' }, app.nameOfBrief(brief)),
            h('span', { class: 'what' }, [brief.mmsi, brief.callsign].filter(Boolean).join(' · ')),
          ),
        ),
      ),
    );
    if (sought.length >= 2 && hits.length === 0)
      found.append(h('li', { class: 'none' }, app.words.nothingFound));
  }
  input.addEventListener('input', look);
  input.addEventListener('keydown', (event) => {
    const [first] = hits;
    if (event.key === 'Enter' && first) go(first);
    if (event.key === 'Escape') {
      input.value = '';
      look();
      input.blur();
    }
  });
  return {
    element,
    update: () => {
      input.placeholder = app.words.search;
      input.setAttribute('aria-label', app.words.search);
    },
    focus: () => input.focus(),
  };
}
