// Taking over what was opened: a conversation, or another run of the one that is shown.

import { breathe } from './dom.js';
import { arranging, sizes } from './look.js';

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */
/** @typedef {import('../pkg/framewire.js').Player} Core */
/** @typedef {import('./types.d.ts').About} About */
/** @typedef {import('./types.d.ts').ScenarioInfo} ScenarioInfo */

/** So long after the last change the transcript and the laboratory's panel follow, in milliseconds. */
const SETTLE_MS = 80;

/** What the views are arranged by. @param {About} about */
const shapeOf = ({ hosts, programs, connections, known }) => JSON.stringify([hosts, programs, connections, known]);

/**
 * Takes over an opened conversation, a piece between two yields: a page that shows nothing yet stays free to hear its reader.
 * @param {FramewirePlayer} player
 * @param {Core} core
 * @param {ScenarioInfo} info
 */
function* opening(player, core, info) {
  player.pause();
  const { live } = player.made;
  if (core !== live?.core) live?.stop();
  player.core?.free();
  player.core = core;
  player.info = info;
  player.about = core.about();
  player.selected = 0;
  player.pointed = 0;
  player.lit = new Set();
  player.ladder.scroller.scrollTop = 0;
  player.stage.scrollTop = 0;
  player.playhead = 0;
  // First all that stands in the page, then, once, the pictures: they ask for their sizes.
  player.opening = true;
  player.programs.opened();
  player.header.describe();
  yield;
  player.states.opened();
  player.ledger.opened();
  player.frameElement.classList.remove('asleep');
  player.views.apply();
  // At first the whole figure, as it would stand in a book; unless the page wants another beginning.
  player.fitted = '';
  yield;
  yield* arranging(player);
  player.ledger.settle();
  player.embed.opened();
  player.predict.opened();
  yield;
  player.charts.opened();
  player.inspector.show();
  player.moved();
  yield;
  // What has come since (all bytes at once, a question) took its room from the pictures.
  if (sizes(player) !== player.arranged) yield* arranging(player);
  for (const view of player.pictures) {
    view.picture.paintDue();
    yield;
  }
  player.opening = false;
}

/**
 * The same when the page shows something already: at once.
 * @param {FramewirePlayer} player
 * @param {Core} core
 * @param {ScenarioInfo} info
 */
export function opened(player, core, info) {
  for (const _ of opening(player, core, info));
  player.transcript.first = -1;
  player.transcript.follow();
  ready(player);
}

/**
 * The same, for the first figure of a page in pieces. What is not in sight follows.
 * @param {FramewirePlayer} player
 * @param {Core} core
 * @param {ScenarioInfo} info
 * @returns {Promise<boolean>} whether it is shown now, and nothing else was opened meanwhile
 */
export async function take(player, core, info) {
  if (player.dataset.state) {
    opened(player, core, info);
    return true;
  }
  for (const _ of opening(player, core, info)) {
    await breathe();
    if (player.core !== core) return false;
  }
  settleSoon(player);
  ready(player);
  return true;
}

/** @param {FramewirePlayer} player */
function ready(player) {
  player.say('');
  player.dataset.state = 'ready';
  player.dispatchEvent(new Event('loadeddata'));
}

/**
 * Takes over another run of what is open: playhead, scrolling and selection stay where they are. What is not drawn
 * (the transcript, the laboratory's panel, the header) follows a moment later, so that a slider does not wait for it, and the
 * pictures ask for their sizes before anything on the page has moved.
 * @param {FramewirePlayer} player
 * @param {Core} core
 */
export function reopened(player, core) {
  const { selected, playhead, extent, ladder } = player;
  const nanos = player.core?.nanos(playhead) ?? 0;
  const [zoom, top] = [ladder.zoom, ladder.scroller.scrollTop];
  const before = shapeOf(player.about);
  player.core?.free();
  player.core = core;
  player.about = core.about();
  player.pointed = 0;
  settleSoon(player);
  const same = shapeOf(player.about) === before;
  if (!same) {
    player.programs.opened();
    player.states.opened();
    player.views.apply();
  }
  ladder.fit();
  player.playhead = playhead >= extent - 0.01 ? player.extent : Math.min(player.extent, core.position(nanos));
  if (zoom !== 1) {
    ladder.zoom = zoom;
    ladder.layout();
  }
  if (top) ladder.scroller.scrollTop = top;
  if (!same) player.ledger.opened();
  player.ledger.layout();
  if (!same) player.ledger.settle();
  player.states.layout();
  if (!player.charts.element.hidden || !same) player.charts.opened();
  if (selected) player.select(core.inspect(selected, player.relative, player.lang) ? selected : 0);
  player.predict.opened();
  player.moved();
  player.embed.arranged();
  player.dataset.state = 'ready';
  player.dispatchEvent(new Event('loadeddata'));
}

/** @param {FramewirePlayer} player */
function settleSoon(player) {
  clearTimeout(player.settling);
  player.settling = setTimeout(() => settle(player), SETTLE_MS);
}

/** What follows a moment after a change. @param {FramewirePlayer} player */
function settle(player) {
  player.settling = 0;
  player.transcript.first = -1;
  player.transcript.follow();
  player.header.describe();
  player.lab.fill();
}
