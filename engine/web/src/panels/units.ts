// Units of the supervision grid: who has charge, how many are there, and how grave it is.

import type { App } from '../app';
import { h, Rows, setText } from '../dom';
import { GRADES, type Unit } from '../feed/messages';
import { frame, type Panel } from './panel';

export function unitBoard(app: App): Panel {
  const grades = h('div', { class: 'grades' });
  const list = h('ul', { class: 'units' });
  const { element, retitle } = frame('unit-board', () => app.words.units, grades, list);
  const rows = new Rows<Unit>(
    list,
    () =>
      h(
        'li',
        {},
        h('span', { class: 'badge' }),
        h('span', { class: 'word' }),
        h('span', { class: 'what' }),
        h('span', { class: 'number' }),
      ),
    (row, unit) => {
      const [badge, name, officer, count] = [...row.children] as HTMLElement[];
      if (!badge || !name || !officer || !count) return;
      badge.className = `badge ${unit.grade ?? ''}`;
      setText(badge, unit.grade ? app.words.grade[unit.grade] : '·');
      setText(name, unit.name);
      setText(officer, unit.officer ?? '');
      setText(count, String(unit.vessels));
    },
  );
  return {
    element,
    update: () => {
      retitle();
      const { cells, units } = app.things;
      grades.replaceChildren(
        ...GRADES.map((grade) =>
          h(
            'span',
            { class: `badge ${grade}`, title: app.words.gradeWord[grade] },
            `${app.words.grade[grade]} ${cells.filter((cell) => cell.grade === grade).length}`,
          ),
        ),
      );
      rows.show(units, (unit) => unit.name);
      element.classList.toggle('empty', units.length === 0 && cells.every((cell) => !cell.grade));
    },
  };
}
