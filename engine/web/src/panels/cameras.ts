// Cameras: what each does, whom it follows, and the last picture that it took.

import type { App } from '../app';
import { h, Rows, setText } from '../dom';
import type { Camera } from '../feed/messages';
import { ago } from '../words';
import { frame, type Panel } from './panel';

export function cameraList(app: App): Panel {
  const list = h('ul', { class: 'cameras' });
  const { element, retitle } = frame('camera-list', () => app.words.cameras, list);
  const rows = new Rows<Camera>(
    list,
    (name) => {
      const go = () => {
        const camera = app.things.cameras.find((camera) => camera.name === name);
        if (!camera) return;
        if (camera.track !== undefined) app.select(camera.track);
        app.fly(camera.lat, camera.lon, 12);
      };
      const release = () => void app.command({ release_camera: { camera: name } });
      return h(
        'li',
        {},
        h('div', { class: 'photo' }),
        h('button', { type: 'button', class: 'word', onclick: go }),
        h('span', { class: 'what' }),
        h('button', { type: 'button', class: 'free', onclick: release }),
      );
    },
    (row, camera) => {
      const { words } = app;
      row.className = camera.state;
      const [photo, name, what, free] = [...row.children] as HTMLElement[];
      if (!photo || !name || !what || !free) return;
      setText(name, camera.name);
      const state = words.cameraState[camera.state as keyof typeof words.cameraState] ?? camera.state;
      const doing =
        camera.track !== undefined
          ? `${words.follows} ${app.nameOf(camera.track)}`
          : camera.state === 'up'
            ? words.idle
            : '';
      const where = camera.azimuthDeg === undefined ? '' : `${camera.azimuthDeg.toFixed(0)}°`;
      setText(what, [state, doing, where, camera.user, camera.reason].filter(Boolean).join(' · '));
      setText(free, words.free);
      free.hidden = !app.mayAct || camera.track === undefined;
      const picture = app.things.pictures.find((picture) => picture.camera === camera.name);
      const src = picture && `pictures/${picture.sha256}`;
      if ((photo.dataset.src ?? '') === (src ?? '')) return;
      photo.dataset.src = src ?? '';
      photo.replaceChildren(
        src && picture
          ? h('img', { src, alt: `${camera.name}, ${ago((app.nowUs() - picture.timeUs) / 1e6)}` })
          : h('span', {}, words.photo),
      );
    },
  );
  return {
    element,
    update: () => {
      retitle();
      // Those that do something first.
      const cameras = [...app.things.cameras].sort(
        (a, b) =>
          Number(b.track !== undefined) - Number(a.track !== undefined) || a.name.localeCompare(b.name),
      );
      rows.show(cameras, (camera) => camera.name);
      element.classList.toggle('empty', cameras.length === 0);
    },
  };
}
