// The connections in a recording or a capture: a list to pick one from, or all of them.

import { Dialog, walk } from './dialog.js';
import { h } from './dom.js';
import * as open from './open.js';

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */
/** @typedef {import('../pkg/framewire.js').Recording} Recording */

/** Connections that are shown at a time; the search finds the others. */
const MOST = 200;

export class Connections {
  /** @param {FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.search = h('input', { type: 'search', autocomplete: 'off', spellcheck: 'false', input: () => this.fill() });
    this.list = h('div', { class: 'choices' });
    this.dialog = new Dialog('connections', this.search, this.list);
    this.element = this.dialog.element;
    this.element.addEventListener('close', () => this.closed());
    walk(this.element, () => [this.search, ...this.list.querySelectorAll('button')]);
    /** What is asked about. @type {{ name: string, recording: Recording, local: boolean } | undefined} */
    this.asked = undefined;
    /** @type {{ title: string, text: string }[]} */
    this.rows = [];
  }

  /**
   * Asks which connection of a file is meant.
   * @param {string} name
   * @param {Recording} recording
   * @param {boolean} local it is a file of the reader's
   */
  ask(name, recording, local) {
    this.forget();
    this.asked = { name, recording, local };
    this.search.value = '';
    this.rows = recording.connections(this.player.lang);
    this.fill();
    this.translate();
    this.dialog.show();
    this.list.querySelector('button')?.focus();
  }

  again() {
    const { held } = this.player;
    if (held) this.ask(held.name, held.recording, held.local);
  }

  /** What was asked about and not opened is let go. */
  forget() {
    const { asked, player } = this;
    this.asked = undefined;
    if (asked && asked.recording !== player.held?.recording) asked.recording.free();
  }

  closed() {
    this.forget();
  }

  /** @param {number | undefined} connection */
  choose(connection) {
    const { asked, player } = this;
    if (!asked) return;
    open.show(player, asked.name, asked.recording, connection, asked.local);
    this.dialog.close();
  }

  translate() {
    const { words: w } = this.player;
    const { asked } = this;
    const title = asked ? this.player.word('connections-in', asked.name, String(asked.recording.count())) : w['connections'];
    this.dialog.name(title, w['close']);
    this.search.placeholder = w['connections-find'];
    this.search.setAttribute('aria-label', w['connections-find']);
    if (asked) {
      this.rows = asked.recording.connections(this.player.lang);
      this.fill();
    }
  }

  /** Shows the rows that hold every word that was typed. */
  fill() {
    const { words: w, held } = this.player;
    const words = this.search.value.toLowerCase().split(/\s+/);
    const fits = this.rows
      .map((row, n) => ({ ...row, n }))
      .filter(({ title, text, n }) => words.every((word) => `#${n} ${title} ${text}`.toLowerCase().includes(word)));
    this.search.hidden = this.rows.length < 8;
    const now = held && held.recording === this.asked?.recording ? held.connection : undefined;
    const choice = (/** @type {string} */ title, /** @type {string} */ text, /** @type {number | undefined} */ n) =>
      h('button', { type: 'button', ...(held && held.recording === this.asked?.recording && now === n ? { 'aria-current': 'true' } : {}), click: () => this.choose(n) }, h('b', {}, title), h('span', {}, text));
    const all = choice(w['connections-all'], '', undefined);
    const shown = fits.slice(0, MOST).map(({ title, text, n }) => choice(`#${n}  ${title}`, text, n));
    const more = fits.length > MOST ? [h('p', { class: 'quiet' }, this.player.word('more-segments', String(fits.length - MOST)))] : [];
    const none = fits.length ? [] : [h('p', { class: 'quiet' }, w['nothing-found'])];
    this.list.replaceChildren(all, ...shown, ...more, ...none);
  }
}
