// Where the parts of a player stand.

import { h } from './dom.js';

/** @param {import('./element.js').FramewirePlayer} player */
export function stageOf({ programs, ladder, states, charts, ledger, variables, transcript }) {
  const views = [programs.left, ladder.element, states.element, charts.element, programs.right, ledger.element, variables.element, transcript.element];
  return h('div', { class: 'stage' }, ...views);
}

/** @param {import('./element.js').FramewirePlayer} player */
export function fillFrame({ frameElement, header, notice, stage, inspector, predict, controlBar, printing }) {
  frameElement.append(
    header.element,
    notice,
    h('div', { class: 'body' }, stage, inspector.element),
    predict.element,
    h('footer', {}, controlBar.element),
    header.picker.element,
    printing.element,
    h('div', { class: 'drop' }),
  );
}
