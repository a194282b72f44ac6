// Keys as in video players.

import { h, iconButton } from './dom.js';
import { SPEEDS } from './controls.js';

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */

/** Keys and what they do, as the help shows them. */
const LIST = /** @type {const} */ ([
  [['Space', 'K'], 'keys-play'],
  [['←', '→', ',', '.'], 'keys-event'],
  [['Shift ←', 'Shift →', 'J', 'L'], 'keys-segment'],
  [['Home', 'End'], 'keys-ends'],
  [['0', '…', '9'], 'keys-tenths'],
  [['<', '>'], 'keys-speed'],
  [['↑', '↓'], 'keys-scale'],
  [['−', '+', '='], 'keys-zoom'],
  [['R'], 'keys-numbers'],
  [['O'], 'keys-loop'],
  [['P'], 'keys-present'],
  [['F'], 'framing'],
  [['X'], 'keys-lab'],
  [['D'], 'keys-compare'],
  [['Q'], 'predict-long'],
  [['E'], 'export'],
  [['S'], 'share'],
  [['Esc'], 'keys-close'],
  [['/'], 'keys-scenarios'],
  [['V'], 'keys-views'],
  [['?'], 'keys-help'],
]);

/**
 * @param {FramewirePlayer} player
 * @param {KeyboardEvent} event
 */
export function handleKey(player, event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !player.core) return;
  const target = event.composedPath()[0];
  if (target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement) return;
  if (target instanceof HTMLInputElement && target.type !== 'range') return;
  // A focused button or link keeps its own keys.
  const own = target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement;
  if (own && (event.key === ' ' || event.key === 'Enter')) return;
  // A dialog has keys of its own.
  const inside = event.composedPath().some((node) => node instanceof HTMLDialogElement);
  if (inside && !(player.made.help?.open && event.key === '?')) return;
  if (act(player, event)) event.preventDefault();
}

/**
 * @param {FramewirePlayer} player
 * @param {KeyboardEvent} event
 */
function act(player, event) {
  const { key, shiftKey } = event;
  if (/^[0-9]$/.test(key)) {
    player.seek((player.extent * Number(key)) / 10, true);
    return true;
  }
  switch (key) {
    case ' ':
    case 'k':
    case 'K':
      player.toggle();
      return true;
    case 'ArrowLeft':
    case ',':
      player.step(-1, shiftKey && key !== ',');
      return true;
    case 'ArrowRight':
    case '.':
      player.step(1, shiftKey && key !== '.');
      return true;
    case 'j':
    case 'J':
      player.step(-1, true);
      return true;
    case 'l':
    case 'L':
      player.step(1, true);
      return true;
    case 'ArrowUp':
      player.transcript.go(player.transcript.current - 1, false);
      return true;
    case 'ArrowDown':
      player.transcript.go(player.transcript.current + 1, false);
      return true;
    case 'Home':
      player.seek(0, true);
      return true;
    case 'End':
      player.seek(player.extent, true);
      return true;
    case '<':
      player.setSpeed(SPEEDS[Math.max(0, SPEEDS.indexOf(player.speed) - 1)]);
      return true;
    case '>':
      player.setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, SPEEDS.indexOf(player.speed) + 1)]);
      return true;
    case '+':
      player.ladder.zoomBy(1.5);
      return true;
    case '-':
      player.ladder.zoomBy(1 / 1.5);
      return true;
    case '=':
      player.ladder.fit();
      return true;
    case 'r':
    case 'R':
      player.setRelative(!player.relative);
      return true;
    case 'o':
    case 'O':
      player.setLoop(!player.loop);
      return true;
    case 'p':
    case 'P':
      player.setPresenting(!player.presenting);
      return true;
    case 'f':
    case 'F':
      player.framing.show();
      return true;
    case 'x':
    case 'X':
      player.lab.toggle();
      return true;
    case 'd':
    case 'D':
      void player.lab.compare.show();
      return true;
    case 'q':
    case 'Q':
      player.toggleAttribute('predict');
      return true;
    case 'e':
    case 'E':
      player.export.show();
      return true;
    case 's':
    case 'S':
      if (!player.header.shareButton.hidden) void player.share.show();
      return true;
    case 'Escape':
      if (player.presenting) player.setPresenting(false);
      else player.select(0);
      return true;
    case '/':
      player.header.picker.open();
      return true;
    case 'v':
    case 'V':
      player.views.menu.toggle();
      return true;
    case '?':
      player.help.toggle();
      return true;
    default:
      return false;
  }
}

/** The list of keys. */
export class Help {
  /** @param {FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.element = h('dialog', { class: 'help' });
    this.element.addEventListener('click', (event) => {
      if (event.target === this.element) this.element.close();
    });
  }

  get open() {
    return this.element.open;
  }

  toggle() {
    if (this.open) return this.element.close();
    this.fill();
    this.element.showModal();
  }

  translate() {
    this.element.setAttribute('aria-label', this.player.words['help']);
    if (this.open) this.fill();
  }

  fill() {
    const w = this.player.words;
    const rows = LIST.map(([keys, word]) =>
      h('tr', {}, h('td', {}, ...keys.flatMap((key) => [h('kbd', {}, key), ' '])), h('td', {}, w[word])),
    );
    this.element.replaceChildren(
      h('div', { class: 'bar' }, h('h2', {}, w['help']), iconButton('close', w['close'], () => this.element.close())),
      h('table', {}, h('tbody', {}, ...rows)),
    );
  }
}
