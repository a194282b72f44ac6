// What is printed: title, what to look at, and the shown pictures as drawings, light and whole, as they would stand in a book.

import { h } from './dom.js';

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */

/** Width of a drawing on paper, in CSS pixels. */
const WIDTH = 700;
/** What of a tall drawing goes on one page. */
const PAGE = 900;

/** The background of light drawings (src/view/svg.rs): on paper the paper does. */
const PAPER = '#fffefb';

let drawings = 0;

export class Printing {
  /** @param {FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.element = h('div', { class: 'printed', 'aria-hidden': 'true' });
    this.media = matchMedia('print');
    this.change = () => {
      if (this.media.matches) this.fill();
      else this.element.replaceChildren();
    };
    this.before = () => this.fill();
  }

  connect() {
    this.media.addEventListener('change', this.change);
    window.addEventListener('beforeprint', this.before);
  }

  disconnect() {
    this.media.removeEventListener('change', this.change);
    window.removeEventListener('beforeprint', this.before);
  }

  fill() {
    const { core, info, lang, relative, words: w, views, states, charts, playhead } = this.player;
    if (!core) return;
    const shown = views.shown;
    const title = info?.title ?? '';
    /** @type {HTMLElement[]} */
    const parts = [h('h1', {}, title)];
    if (info?.look) parts.push(h('p', {}, `${w['look-at']}${w['colon']}${info.look}`));
    if (info?.question) parts.push(h('p', { class: 'question' }, info.question));
    const add = (/** @type {string} */ name, /** @type {string} */ svg) =>
      parts.push(h('section', {}, h('h2', {}, w[name]), ...sheets(svg)));
    if (shown.has('ladder')) add('ladder', core.svg('ladder', WIDTH, relative, false, lang, title));
    if (shown.has('bytes')) add('ledger', core.svg('ledger', WIDTH, relative, false, lang, title));
    if (shown.has('states')) {
      core.machine(WIDTH, states.connection, playhead, lang);
      add('machine', core.drawnSvg(false, title));
    }
    if (shown.has('charts')) {
      core.charts(WIDTH, charts.stream, charts.sight[0], charts.sight[1], lang);
      add('charts', core.drawnSvg(false, title));
    }
    this.element.replaceChildren(...parts);
  }
}

/**
 * A drawing as elements, one a page.
 * @param {string} text
 */
function sheets(text) {
  // Several drawings stand in one document: their inner names must not meet.
  const own = text.replaceAll('fw-', `fw${++drawings}-`).replaceAll(PAPER, '#fff');
  const svg = document.importNode(new DOMParser().parseFromString(own, 'image/svg+xml').documentElement, true);
  const [width, height] = ['width', 'height'].map((name) => Number(svg.getAttribute(name)));
  svg.removeAttribute('height');
  svg.setAttribute('width', '100%');
  const pages = Math.max(1, Math.ceil(height / PAGE));
  return Array.from({ length: pages }, (_, i) => {
    const copy = /** @type {Element} */ (pages === 1 ? svg : svg.cloneNode(true));
    const tall = pages === 1 ? height : Math.min(PAGE, height - i * PAGE);
    copy.setAttribute('viewBox', `0 ${i * PAGE} ${width} ${tall}`);
    return copy;
  });
}
