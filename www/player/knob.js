// One knob of a scenario: a switch, a choice, or a number with its unit and a slider.

import { fill } from './core.js';
import { h } from './dom.js';

/** @typedef {import('./types.d.ts').KnobInfo} KnobInfo */

/** Units as people write them: their sign, and how many of the core's unit they are. */
const UNITS = /** @type {Record<string, [sign: string, of: number]>} */ ({
  ns: ['ms', 1e6],
  'bit/s': ['Mbit/s', 1e6],
  share: ['%', 0.01],
  octets: ['B', 1],
  count: ['', 1],
});
/** Positions of a slider. */
const POSITIONS = 1000;

let made = 0;

export class Knob {
  /**
   * @param {KnobInfo} info
   * @param {(path: string, value: string | undefined) => void} turn called with what the core reads, or without a value to
   *   take the change back
   * @param {import('./types.d.ts').Words} words
   */
  constructor(info, turn, words) {
    this.info = info;
    this.words = words;
    /** What the controls show. */
    this.shown = '';
    this.path = info.path;
    const id = `fw-knob-${++made}`;
    this.turn = (/** @type {string | undefined} */ value) => turn(this.path, value);
    this.label = h('label', { for: id }, info.of ? fill(words['lab-knob-to'], info.of, info.name) : info.name);
    this.reset = h('button', { type: 'button', class: 'reset', click: () => this.turn(undefined) }, '↺');
    this.reset.title = words['lab-reset'].replace('{0}', info.name);
    this.reset.setAttribute('aria-label', this.reset.title);
    /** @type {HTMLElement[]} */
    const parts = [];
    if (info.unit === 'switch') {
      this.box = h('input', { type: 'checkbox', id });
      this.box.addEventListener('change', () => this.turn(String(this.box?.checked)));
      parts.push(this.box);
    } else if (info.unit === 'choice') {
      this.choice = h('select', { id }, ...info.words.map((word) => h('option', { value: word }, word)));
      this.choice.addEventListener('change', () => this.turn(this.choice?.value));
      parts.push(this.choice);
    } else {
      this.number = h('input', { type: 'number', id, min: 0, step: 'any' });
      this.slider = h('input', { type: 'range', min: 0, max: POSITIONS, step: 1, 'aria-label': this.label.textContent ?? '' });
      this.slider.addEventListener('input', () => this.slid());
      this.number.addEventListener('input', () => this.typed());
      // What was typed and refused makes room for what holds.
      this.number.addEventListener('blur', () => {
        this.shown = '';
        this.update(this.info);
      });
      const [sign] = UNITS[info.unit];
      parts.push(this.slider, this.number, h('span', { class: 'unit' }, sign));
      if (info.words.includes('off')) {
        this.off = h('input', { type: 'checkbox' });
        this.off.addEventListener('change', () => this.turn(this.off?.checked ? 'off' : this.text(Number(this.number?.value) || this.low() || 1)));
        parts.push(h('label', { class: 'off' }, this.off, words['lab-off']));
      }
    }
    this.element = h('div', { class: `knob ${info.unit.replace('/', '-')}` }, this.label, h('span', { class: 'set' }, ...parts), this.reset);
    this.update(info);
  }

  /** The least value, in the unit shown. */
  low() {
    return this.info.low / UNITS[this.info.unit][1];
  }

  /**
   * A number in the unit shown, as the core reads it.
   * @param {number} shown
   */
  text(shown) {
    const [, of] = UNITS[this.info.unit];
    const value = shown * of;
    if (this.info.unit === 'share') return String(Number(value.toPrecision(12)));
    return this.info.unit === 'ns' ? `${Math.round(value)}ns` : String(Math.round(value));
  }

  slid() {
    const { low, high, unit } = this.info;
    const part = Number(this.slider?.value) / POSITIONS;
    // The lower values are those that matter: they get the more room.
    const value = low + (high - low) * part ** 3;
    const shown = part === 0 ? low : Number(value.toPrecision(2));
    if (this.number) this.number.value = String(Number((shown / UNITS[unit][1]).toPrecision(6)));
    this.typed();
  }

  typed() {
    const text = this.number?.value.trim() ?? '';
    if (text === '') return this.turn('null');
    const number = Number(text);
    if (Number.isFinite(number)) this.turn(this.text(number));
  }

  /** Shows what holds now. @param {KnobInfo} info */
  update(info) {
    const now = `${info.value} ${info.default} ${info.changed}`;
    this.info = info;
    if (now === this.shown) return;
    this.shown = now;
    const { value, unit, low, high } = info;
    const holds = value ?? info.default;
    this.element.classList.toggle('turned', info.changed);
    this.reset.hidden = !info.changed;
    if (this.box) this.box.checked = holds === true;
    if (this.choice) this.choice.value = String(holds ?? '');
    if (this.off) this.off.checked = holds === 'off';
    if (!this.number || !this.slider) return;
    const [sign, of] = UNITS[unit];
    const show = (/** @type {unknown} */ v) => (typeof v === 'number' ? String(Number((v / of).toPrecision(10))) : '');
    const root = /** @type {ShadowRoot | Document} */ (this.element.getRootNode());
    // What is being typed is the reader's.
    if (root.activeElement !== this.number) this.number.value = show(value);
    this.number.placeholder = holds === 'off' ? this.words['lab-off'] : show(info.default) || '—';
    const number = typeof holds === 'number' ? holds : low;
    const at = Math.cbrt((Math.min(high, Math.max(low, number)) - low) / (high - low || 1)) * POSITIONS;
    if (root.activeElement !== this.slider) this.slider.value = String(Math.round(at));
    this.slider.setAttribute('aria-valuetext', typeof holds === 'number' ? `${show(holds)} ${sign}`.trim() : this.words[holds === 'off' ? 'lab-off' : 'lab-default']);
  }
}
