// How the player looks: its language, its colours, and how the views stand at the present size.

import { wordsOf } from './core.js';
import { NARROW_ROOM } from './embed.js';
import { PEEK } from './ledger.js';
import { readTheme } from './theme.js';

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */

/** Below this width the views stand one above the other. */
const NARROW = 760;
/** Below this width the inspector lies over the stage, when there is something to inspect, instead of taking room beside it. */
const ROOMY = 1120;

/** Everything in the reader's language, a part between two yields. @param {FramewirePlayer} player */
export function* translating(player) {
  player.words = wordsOf(player.lang);
  player.frameElement.lang = player.lang === 'zh' ? 'zh-CN' : 'en';
  yield;
  player.header.translate();
  player.ladder.scroller.setAttribute('aria-label', player.words['ladder']);
  for (const part of [player.views, player.states, player.charts]) part.translate();
  yield;
  for (const part of [player.controlBar, player.inspector, player.transcript, player.variables, player.lab, player.predict, player.ledger]) part.translate();
  for (const part of Object.values(player.made)) part.translate();
  player.programs.follow();
  player.ledger.layout();
  player.ladder.layout();
  player.dispatchEvent(new Event('languagechange'));
}

/** @param {FramewirePlayer} player */
export function applyTheme(player) {
  const asked = player.getAttribute('theme');
  const dark = asked === 'dark' || (asked !== 'light' && player.dark.matches);
  player.toggleAttribute('data-dark', dark);
  player.frameElement.classList.toggle('dark', dark);
  player.theme = readTheme(player.frameElement);
  for (const view of player.pictures) view.picture.repaint();
  player.controlBar.drawMarks();
}

/**
 * @param {FramewirePlayer} player
 * @param {boolean} on
 */
export function setPresenting(player, on) {
  player.presenting = on;
  player.fitted = '';
  player.frameElement.classList.toggle('presenting', on);
  if (on && player.requestFullscreen) player.requestFullscreen().catch(() => {});
  else if (!on && document.fullscreenElement) void document.exitFullscreen();
  player.arrange();
}

/** What is left of the first screen for the ladder in the narrow arrangement. @param {FramewirePlayer} player */
export function narrowRoom({ embed, stage }) {
  return embed.automatic ? NARROW_ROOM : Math.max(320, stage.clientHeight * (1 - PEEK));
}

/** Arranges the views for the present size, a view between two yields. @param {FramewirePlayer} player */
export function* arranging(player) {
  const { frameElement, ladder } = player;
  const width = frameElement.clientWidth;
  player.narrow = width < NARROW;
  frameElement.classList.toggle('narrow', player.narrow);
  frameElement.classList.toggle('medium', !player.narrow && width < ROOMY);
  player.header.arrange();
  /** Lays the axis out anew where the ladder has another room than before. */
  const refit = () => {
    const room = `${ladder.scroller.clientWidth}x${ladder.viewHeight()}`;
    if (!player.core || room === player.fitted) return false;
    player.fitted = room;
    ladder.fit();
    return true;
  };
  yield;
  refit();
  yield;
  player.ledger.layout();
  yield;
  // The ledger takes more room than before, or less.
  if (refit()) player.ledger.layout();
  yield;
  player.states.layout();
  player.charts.layout();
  player.controlBar.drawMarks();
  player.controlBar.follow();
  yield;
  player.embed.arranged();
  player.arranged = sizes(player);
}

/**
 * What the arrangement depends on.
 * @param {FramewirePlayer} player
 */
export function sizes({ frameElement, stage, ladder, ledger, states, charts, controlBar }) {
  return [frameElement, stage, ladder.scroller, ledger.element, ledger.box, states.box, charts.box, controlBar.marks]
    .map((element) => `${element.clientWidth}x${element.clientHeight}`)
    .join();
}
