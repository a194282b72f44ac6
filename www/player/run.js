// Runs of a scenario, a slice at a time: the page stays alive, and a run that does not come to an end is stopped.

import { breathe, h } from './dom.js';
import { labSheet } from './lab-styles.js';

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */
/** @typedef {import('../pkg/framewire.js').Lab} Lab */

/** So long a slice of work lasts, in milliseconds; the first may take a little longer than a frame. */
const SLICE = 24;
const FIRST = 60;
/** While a page shows nothing yet slices are short: it has more to do. */
const BRIEF = 8;
/** Steps of the simulation between two looks at the clock. */
const STEPS = 50;
/** Events that a run may have when a scenario is opened, and when it was changed: so many, or FACTOR times those before. */
export const MOST_OPENED = 3_000_000;
export const MOST_CHANGED = 300_000;
export const FACTOR = 4;
/** After so long, in milliseconds, the page says what it does and offers to stop. */
const PATIENCE = 250;

/** A run was stopped; its message is for the reader. */
export class Stopped extends Error {}

/**
 * Runs what is in the laboratory to its end.
 * @param {FramewirePlayer} player
 * @param {Lab} lab
 * @param {number} [most] events
 * @returns {Promise<{ core: import('../pkg/framewire.js').Player, events: number } | undefined>} nothing where
 *   something else was opened meanwhile
 */
export async function run(player, lab, most = MOST_OPENED) {
  const turn = player.sequence;
  const brief = !player.dataset.state;
  if (brief) await breathe();
  const work = lab.start(player.lang);
  if (brief) await breathe();
  const begun = performance.now();
  let told = false;
  let over = false;
  const stop = h('button', { type: 'button', class: 'stop', click: () => (over = true) });
  for (let until = begun + (brief ? BRIEF : FIRST); ; until = performance.now() + (brief ? BRIEF : SLICE)) {
    let more = true;
    while (more && performance.now() < until) more = work.advance(STEPS);
    const events = work.events();
    if (!more) {
      if (told) player.say('');
      if (brief) await breathe();
      if (turn !== player.sequence) break;
      return { core: work.finish(), events };
    }
    if (over || events > most) {
      work.free();
      throw new Stopped(over ? player.words['lab-given-up'] : player.word('lab-stopped', events.toLocaleString(player.lang)));
    }
    if (performance.now() - begun > PATIENCE) {
      player.say(player.word('lab-running', events.toLocaleString(player.lang), work.now()));
      stop.textContent = player.words['lab-stop'];
      player.adopt(labSheet);
      player.notice.append(' ', stop);
      told = true;
    }
    await breathe();
    if (turn !== player.sequence) break;
  }
  work.free();
  return undefined;
}
