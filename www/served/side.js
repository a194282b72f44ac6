// The open scenario performed on real sockets: the model's ladder and that of this machine side by side, with what came out as
// modelled and what did not.

import { Recording } from '../pkg/framewire.js';
import { Half } from '../player/compare.js';
import { h, iconButton, relabel } from '../player/dom.js';
import * as open from '../player/open.js';

/** @typedef {import('../pkg/framewire.js').Player} Core */
/** @typedef {{ mark: 'same' | 'differs' | 'note' | 'head', text: string }} Line (native/src/perform/tell.rs) */
/** @typedef {{ number: number, title: string, as_modelled: boolean, told: Line[], model: string, real: string }} Outcome (native/src/web/start/perform.rs) */

const SIGNS = /** @type {const} */ ({ same: ['=', 'run-as-modelled'], differs: ['≠', 'run-differs'], note: ['·', 'run-note'] });

export class SideBySide {
  /** @param {import('./start.js').Starter} starter */
  constructor(starter) {
    this.server = starter.server;
    this.player = starter.player;
    this.heading = h('h2', {});
    this.closeButton = iconButton('close', '', () => this.element.close());
    this.verdict = h('p', { class: 'sum' });
    this.model = new Half(this, '−');
    this.real = new Half(this, '+');
    this.told = h('div', { class: 'told', tabindex: 0, role: 'group' });
    this.element = h(
      'dialog',
      { class: 'compare side' },
      h('div', { class: 'bar' }, this.heading, this.closeButton),
      this.verdict,
      h('div', { class: 'halves' }, this.model.element, this.real.element),
      this.told,
    );
    this.element.addEventListener('close', () => this.forget());
    this.resized = new ResizeObserver(() => {
      this.model.layout();
      this.real.layout();
    });
    this.resized.observe(this.model.element);
    /** The other ladder was moved by this one. @type {Half | undefined} */
    this.led = undefined;
    starter.live.dialog.after(this.element);
  }

  forget() {
    for (const half of [this.model, this.real]) {
      half.core?.free();
      half.core = undefined;
    }
  }

  /**
   * Performs a scenario and shows what came out; throws what the server says where it cannot be performed.
   * @param {string} json
   */
  async run(json) {
    const { server } = this;
    await this.show(await server.act('api/run', json));
  }

  /** @param {Outcome} outcome of a performance, here or at another page's or a terminal's wish */
  async show(outcome) {
    const { player } = this;
    const [model, real] = await Promise.all([this.fetch(outcome.model), this.fetch(outcome.real)]);
    this.forget();
    this.fill(outcome, model, real);
    this.element.showModal();
    const draw = (/** @type {Half} */ half, /** @type {Uint8Array} */ bytes) => {
      const recording = Recording.read('', bytes, player.lang);
      const core = recording.open(undefined);
      recording.free();
      const { height } = core.fit(Math.max(320, half.scroller.clientHeight - 60));
      half.show(core, height, { ids: new Uint32Array(), marks: new Uint8Array(), rows: new Uint32Array(), counts: new Uint32Array() });
    };
    draw(this.model, model);
    draw(this.real, real);
    this.closeButton.focus();
  }

  /** @param {string} path */
  async fetch(path) {
    const answer = await fetch(new URL(`../${path}`, import.meta.url));
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** @param {Outcome} outcome @param {Uint8Array} model @param {Uint8Array} real */
  fill(outcome, model, real) {
    const { server, player } = this;
    const title = `${server.word('run-title')}${player.words['colon']}${outcome.title}`;
    this.heading.textContent = title;
    this.element.setAttribute('aria-label', title);
    relabel(this.closeButton, 'close', player.words['close']);
    for (const [half, word, bytes] of /** @type {[Half, string, Uint8Array][]} */ ([[this.model, 'run-model', model], [this.real, 'run-kernel', real]])) {
      const text = server.word(word);
      const alone = h('button', { type: 'button', class: 'text-button', 'aria-label': `${server.word('run-open')}${player.words['colon']}${text}` }, server.word('run-open'));
      alone.addEventListener('click', () => {
        this.element.close();
        open.bytes(player, `${outcome.title} (${text})`, bytes);
      });
      half.title.replaceChildren(text, ' ', alone);
      half.scroller.setAttribute('aria-label', text);
    }
    const [head, ...lines] = outcome.told;
    const verdict = lines.pop();
    this.verdict.replaceChildren(h('b', {}, `${outcome.as_modelled ? '=' : '≠'} ${verdict?.text ?? ''}`), h('br', {}), head?.text ?? '');
    const rows = lines.map((line) => {
      const [sign, word] = SIGNS[line.mark === 'head' ? 'note' : line.mark];
      return h('tr', { class: line.mark }, h('td', { class: 'when' }, h('b', { 'aria-hidden': 'true' }, `${sign} `), server.word(word)), h('td', {}, line.text));
    });
    this.told.setAttribute('aria-label', server.word('run-told'));
    this.told.replaceChildren(h('table', { class: 'rows' }, h('tbody', {}, ...rows)));
  }

  /** The other ladder goes to the same part of the conversation: how long it took is another matter. @param {Half} half */
  scrolled(half) {
    if (this.led === half) {
      this.led = undefined;
      return;
    }
    const other = half === this.model ? this.real : this.model;
    const room = (/** @type {HTMLElement} */ s) => s.scrollHeight - s.clientHeight;
    if (room(half.scroller) <= 0 || room(other.scroller) <= 0) return;
    const before = other.scroller.scrollTop;
    other.scroller.scrollTop = Math.round((half.scroller.scrollTop / room(half.scroller)) * room(other.scroller));
    if (other.scroller.scrollTop !== before) this.led = other;
  }
}
