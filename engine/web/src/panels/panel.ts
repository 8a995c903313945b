import type { App } from '../app';
import { h, setText } from '../dom';

export interface Panel {
  element: HTMLElement;
  /** Shows what is now. */
  update(): void;
}

/** A box with a title, which may change with the language. */
export function frame(
  name: string,
  title: () => string,
  ...children: Node[]
): { element: HTMLElement; head: HTMLElement; retitle(): void } {
  const heading = h('h2', {}, title());
  const head = h('div', { class: 'head' }, heading);
  const element = h('section', { class: `panel ${name}`, 'aria-label': title() }, head, ...children);
  return {
    element,
    head,
    retitle: () => {
      setText(heading, title());
      element.setAttribute('aria-label', title());
    },
  };
}

export type MakePanel = (app: App) => Panel;
