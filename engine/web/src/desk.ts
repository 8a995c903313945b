// Who sits here: asked for a token, or sent to where people sign in, and let go again.

import type { App } from './app';
import { h, setText } from './dom';
import type { Panel } from './panels/panel';

/** Back comes whoever signs in there to what the address asks for now. */
export const toLogin = () => location.assign(`login${location.search}`);

/** Asks for a token where the feed wants one and people do not sign in. */
export function signIn(app: App): Panel {
  const why = h('p');
  const input = h('input', { type: 'password', autocomplete: 'current-password' });
  const send = h('button', { type: 'submit' });
  const word = h('span');
  const form = h('form', {}, why, h('label', {}, word, input), send);
  const element = h('dialog', { class: 'sign-in' }, form);
  let isAsked = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    sessionStorage.setItem('token', input.value);
    app.open(input.value);
    input.value = '';
    element.close();
  });
  return {
    element,
    update: () => {
      const { words } = app;
      setText(why, `${words.tokenWhy} ${app.refusal ?? ''}`);
      setText(word, words.token);
      setText(send, words.send);
      if (!app.isStranger) {
        isAsked = false;
        if (element.open && app.status?.state === 'live') element.close();
        return;
      }
      // Also where a server that began anew no longer knows this page: what it showed before does not matter.
      if (isAsked || element.open) return;
      isAsked = true;
      // Where people sign in, the server has a page for that, and does not show this one to strangers either.
      const ask = () => element.showModal();
      fetch('wall.json').then((answer) => (answer.status === 401 ? toLogin() : ask()), ask);
    },
  };
}

/** Where people sign in, they also sign out. */
export function signOut(app: App): Panel {
  const element = h('button', { type: 'button', class: 'sign-out', onclick: () => void leave() });
  async function leave(): Promise<void> {
    sessionStorage.removeItem('token');
    try {
      // Where it leads is no page of this one: whether it was taken is all that is asked.
      const answer = await fetch('logout', { method: 'POST', redirect: 'manual' });
      if (answer.type !== 'opaqueredirect' && !answer.ok) throw new Error(String(answer.status));
      toLogin();
    } catch (error) {
      app.refusal = `${app.words.signOut}: ${error instanceof Error ? error.message : error}`;
      app.say('status');
    }
  }
  return {
    element,
    update: () => {
      element.hidden = !app.place.people;
      setText(element, app.words.signOut);
    },
  };
}
