// What is selected, in every detail: facts, header bit by bit, bytes, why, and what it changed.

import { fill } from './core.js';
import { h, iconButton, relabel } from './dom.js';

/** @typedef {import('./types.d.ts').Detail} Detail */
/** @typedef {import('./types.d.ts').HeaderBlock} HeaderBlock */

/** Bytes shown in the hex dump at most. */
const MOST = 512;
/** So many changes are shown without being asked for. */
const FEW = 8;
/** A field's value of so many characters (an IPv4 address) stands in one line. */
const SHORT = 15;

export class Inspector {
  /** @param {import('./element.js').FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.heading = h('h2', {});
    this.close = iconButton('close', '', () => player.select(0));
    this.content = h('div', { class: 'detail', tabindex: 0, role: 'group' });
    // Not what comes to lie under a resting pointer when keys scroll.
    this.content.addEventListener('pointermove', (event) => this.light(event.target));
    this.content.addEventListener('pointerleave', () => this.light(null));
    this.content.addEventListener('focusin', (event) => this.light(event.target));
    this.content.addEventListener('keydown', (event) => this.walk(event));
    this.element = h('aside', { class: 'inspector' }, h('div', { class: 'bar' }, this.heading, this.close), this.content);
  }

  translate() {
    const w = this.player.words;
    this.element.setAttribute('aria-label', w['inspector']);
    this.content.setAttribute('aria-label', w['inspector']);
    relabel(this.close, 'close', w['close']);
    this.show();
  }

  /** Shows the selected thing. */
  show() {
    const { core, selected, words: w } = this.player;
    const detail = /** @type {Detail | undefined} */ (
      core && selected ? core.inspect(selected, this.player.relative, this.player.lang) : undefined
    );
    this.element.classList.toggle('empty', !detail);
    this.close.hidden = !detail;
    if (!detail) {
      this.heading.textContent = w['inspector'];
      this.content.replaceChildren(h('p', { class: 'quiet' }, w['nothing-selected']), this.legend());
      return;
    }
    this.heading.textContent = detail.title;
    /** @type {HTMLElement[]} */
    const parts = [this.facts(detail)];
    const acts = this.player.lab.acts(selected);
    if (acts) parts.unshift(acts);
    for (const why of detail.why.slice(0, 1)) parts.push(this.why(why));
    if (detail.changed.length) parts.push(this.changed(detail));
    for (const block of detail.headers) parts.push(this.header(block));
    if (detail.bytes.length) parts.push(...this.bytes(detail));
    this.content.replaceChildren(...parts);
    this.content.scrollTop = 0;
  }

  /** How the events of this conversation are known. */
  legend() {
    const w = this.player.words;
    return h(
      'dl',
      { class: 'legend' },
      ...this.player.about.known.flatMap((known) => [
        h('dt', { class: `known ${known}` }, w[known]),
        h('dd', {}, w[`${known}-long`]),
      ]),
    );
  }

  /** @param {Detail} detail */
  facts(detail) {
    const w = this.player.words;
    const rows = [...detail.facts, [w['provenance'], `${w[detail.known]}${w['colon']}${w[`${detail.known}-long`]}`]];
    return h('dl', { class: 'facts' }, ...rows.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
  }

  /** @param {{ text: string, cite: string, url: string }} why */
  why(why) {
    const link = h('a', { href: why.url, target: '_blank', rel: 'noopener noreferrer' }, why.cite);
    return h('section', {}, h('h3', {}, this.player.words['why']), h('p', {}, `${why.text} `, link));
  }

  /** @param {Detail} detail */
  changed(detail) {
    const w = this.player.words;
    const head = ['', w['before'], w['after']];
    const hosts = [...new Set(detail.changed.map((c) => c.host))].join(', ');
    // A long list (all that a SYN sets for the first time) must not push the header out of sight.
    return h(
      'details',
      { open: detail.changed.length <= FEW },
      h('summary', {}, `${w['changed']} (${hosts}): ${detail.changed.length}`),
      h(
        'table',
        { class: 'changes' },
        h('thead', {}, h('tr', {}, ...head.map((text) => (text ? h('th', { scope: 'col' }, text) : h('td', {}))))),
        h(
          'tbody',
          {},
          ...detail.changed.map((c) =>
            h('tr', {}, h('th', { scope: 'row' }, c.name), h('td', {}, c.before), h('td', {}, c.after)),
          ),
        ),
      ),
    );
  }

  /**
   * What is pointed at, a field or a byte, lights together with the bytes or the fields that belong to it.
   * @param {EventTarget | null} target
   */
  light(target) {
    const pointed = target instanceof HTMLElement ? target.closest('[data-bits]') : null;
    const [from, until] = pointed instanceof HTMLElement ? bits(pointed) : [0, 0];
    for (const part of this.content.querySelectorAll('[data-bits]')) {
      const [first, last] = bits(/** @type {HTMLElement} */ (part));
      part.classList.toggle('lit', first < until && from < last);
    }
  }

  /**
   * Arrow keys walk the fields.
   * @param {KeyboardEvent} event
   */
  walk(event) {
    const row = event.target instanceof Element ? event.target.closest('tr[data-bits]') : null;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!row || !step) return;
    const rows = [...this.content.querySelectorAll('tr[data-bits]')];
    const next = rows[rows.indexOf(row) + step];
    event.preventDefault();
    event.stopPropagation();
    if (!(next instanceof HTMLElement)) return;
    row.setAttribute('tabindex', '-1');
    next.tabIndex = 0;
    next.focus();
  }

  /**
   * A header as the RFC draws it: 32 bits a row.
   * @param {HeaderBlock} block
   */
  header(block) {
    const grid = h('div', { class: 'bits' });
    /** @type {HTMLElement[]} */
    const rows = [];
    for (const field of block.fields) {
      const place = `${block.first + field.start} ${block.first + field.start + field.bits}`;
      let at = field.start;
      let left = field.bits;
      let first = true;
      while (left > 0) {
        const column = at % 32;
        const here = Math.min(left, 32 - column);
        const cell = h(
          'div',
          { class: `field w${here}${first ? '' : ' on'}`, title: `${field.name} = ${field.value}`, 'data-bits': place },
          h('span', { class: 'name' }, first ? field.name : ''),
          h('span', { class: 'value' }, first ? field.value : ''),
        );
        grid.append(cell);
        at += here;
        left -= here;
        first = false;
        // A field as long as several rows takes one tall row after its second.
        if (left > 64) {
          at += Math.floor((left - 32) / 32) * 32;
          left = left % 32 || 32;
        }
      }
      rows.push(
        h(
          'tr',
          { tabindex: -1, 'data-bits': place },
          h('th', { scope: 'row' }, field.name),
          h('td', { class: field.value.length > SHORT ? '' : 'short' }, field.value),
          h('td', { class: 'meaning' }, field.meaning),
        ),
      );
    }
    if (rows[0]) rows[0].tabIndex = 0;
    const w = this.player.words;
    const head = [w['field'], w['value'], w['meaning']].map((name) => h('th', { scope: 'col' }, name));
    const table = h('table', { class: 'fields', 'aria-label': block.title }, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...rows));
    return h('section', {}, h('h3', {}, block.title), grid, table);
  }

  /** @param {Detail} detail */
  bytes(detail) {
    const w = this.player.words;
    const bytes = Array.from(detail.bytes.slice(0, MOST));
    const lines = [];
    for (let at = 0; at < bytes.length; at += 8) {
      const part = bytes.slice(at, at + 8);
      const cell = (/** @type {string} */ text, /** @type {number} */ i) => {
        const hue = detail.hues[at + i] ?? 0;
        // Only a packet's bytes belong to header fields.
        /** @type {Record<string, string>} */
        const place = detail.headers.length ? { 'data-bits': `${(at + i) * 8} ${(at + i + 1) * 8}` } : {};
        return h('span', hue ? { class: `hue${hue}`, ...place } : place, text);
      };
      lines.push(
        h(
          'div',
          { class: 'line' },
          h('span', { class: 'offset' }, (detail.first + at).toString(16).padStart(4, '0')),
          h('span', { class: 'hex' }, ...part.map((b, i) => cell(b.toString(16).padStart(2, '0'), i))),
          h('span', { class: 'text' }, ...part.map((b, i) => cell(b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '·', i))),
        ),
      );
    }
    const out = [h('h3', {}, w['bytes']), h('div', { class: 'dump' }, ...lines)];
    const rest = detail.bytes.length - bytes.length;
    if (rest > 0) out.push(h('p', { class: 'quiet' }, `+ ${fill(w['octets'], String(rest))}`));
    return out;
  }
}

/**
 * The bits that an element stands for.
 * @param {HTMLElement} element
 */
function bits(element) {
  return (element.dataset.bits ?? '0 0').split(' ').map(Number);
}
