// The choice of a conversation: recordings and scenarios by topic, with what each shows, to be searched and walked by keys.

import { h, iconButton, write } from './dom.js';
import * as open from './open.js';

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */

/**
 * @typedef {object} Choice
 * @property {string} topic heading under which it stands
 * @property {string} name
 * @property {string} title
 * @property {string} look what it shows
 * @property {() => void} open
 */

export class Picker {
  /** @param {FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.text = h('span', {});
    this.button = h('button', { type: 'button', class: 'picker', 'aria-haspopup': 'dialog', click: () => this.open() }, this.text, h('span', { 'aria-hidden': 'true' }, '▾'));
    this.search = h('input', { type: 'search', autocomplete: 'off', spellcheck: 'false', input: () => this.fill() });
    this.bar = h('div', { class: 'bar' });
    this.list = h('div', { class: 'choices' });
    this.element = h('dialog', { class: 'scenarios' }, this.bar, this.list);
    this.element.addEventListener('click', (event) => {
      if (event.target === this.element) this.element.close();
    });
    this.element.addEventListener('keydown', (event) => this.key(event));
    /** @type {{ name: string, url: string }[]} */
    this.recordings = [];
  }

  translate() {
    const w = this.player.words;
    this.search.setAttribute('aria-label', w['find-scenario']);
    this.search.placeholder = w['find-scenario'];
    this.element.setAttribute('aria-label', w['scenario']);
    this.bar.replaceChildren(this.search, iconButton('close', w['close'], () => this.element.close()));
    this.describe();
    if (this.element.open) this.fill();
  }

  /** Names what is open. */
  describe() {
    const { info, words: w } = this.player;
    write(this.text, info?.title ?? w['scenario']);
    this.button.setAttribute('aria-label', `${w['scenario']}${w['colon']}${info?.title ?? ''}`);
  }

  open() {
    this.search.value = '';
    this.fill();
    this.element.showModal();
    const present = this.list.querySelector('[aria-current]');
    present?.scrollIntoView({ block: 'center' });
    this.search.focus();
  }

  /** @returns {Choice[]} */
  choices() {
    const { player } = this;
    const w = player.words;
    const recorded = this.recordings.map((r) => ({
      topic: w['recordings'],
      name: r.name,
      title: r.name,
      look: '',
      open: () => void open.fromUrl(player, r.url, r.name),
    }));
    const built = open.scenarioList(player.lang).map((s) => ({
      topic: w[`topic-${s.topic}`],
      name: s.name,
      title: s.title,
      look: s.look,
      open: () => void open.scenario(player, s.name),
    }));
    return [...recorded, ...built];
  }

  /** Shows what matches every word that was typed. */
  fill() {
    const words = this.search.value.toLowerCase().split(/\s+/);
    const fits = this.choices().filter((c) => {
      const all = `${c.topic} ${c.name} ${c.title} ${c.look}`.toLowerCase();
      return words.every((word) => all.includes(word));
    });
    const now = this.player.info;
    /** @type {HTMLElement[]} */
    const groups = [];
    for (const choice of fits) {
      if (groups.at(-1)?.dataset.topic !== choice.topic) {
        groups.push(h('section', { 'data-topic': choice.topic, 'aria-label': choice.topic }, h('h3', {}, choice.topic)));
      }
      const present = choice.name === (now?.name || now?.title);
      const button = h(
        'button',
        { type: 'button', 'data-name': choice.name, ...(present ? { 'aria-current': 'true' } : {}) },
        h('b', {}, choice.title),
        h('span', {}, choice.look),
      );
      button.addEventListener('click', () => {
        this.element.close();
        choice.open();
      });
      groups.at(-1)?.append(button);
    }
    const none = h('p', { class: 'quiet' }, this.player.words['nothing-found']);
    this.list.replaceChildren(...(groups.length ? groups : [none]));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 });
    const step = steps[event.key];
    const buttons = [...this.list.querySelectorAll('button')];
    const root = /** @type {ShadowRoot} */ (this.element.getRootNode());
    const at = buttons.findIndex((button) => button === root.activeElement);
    if (event.key === 'Enter' && at < 0 && root.activeElement === this.search) {
      buttons[0]?.click();
    } else if (step !== undefined) {
      if (at + step < 0) this.search.focus();
      else buttons[Math.min(buttons.length - 1, at + step)]?.focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
