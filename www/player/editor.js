// The scenario's text, whole or program by program, edited in place. What is wrong is told at its line, and a draft that is wrong
// is kept until it is right or given up.

import { h, iconButton, relabel } from './dom.js';

/** After the last key the text is looked at, in milliseconds. */
const PATIENCE = 200;
/** Longer texts, in characters, are looked at only when they are to be run. */
const LONG = 100_000;

/** @typedef {{ line: number, column: number, message: string }} Flaw what `tryEdit` gives (src/wasm/lab.rs) */

export class Editor {
  /** @param {import('./lab.js').Laboratory} lab */
  constructor(lab) {
    this.lab = lab;
    this.timer = 0;
    this.part = '';
    /** Texts that were not taken over, by part. @type {Map<string, string>} */
    this.drafts = new Map();
    this.heading = h('h2', {});
    this.close = iconButton('close', '', () => this.element.close());
    this.choice = h('select', {});
    this.choice.addEventListener('change', () => this.open(this.choice.value));
    this.partLabel = h('span', {});
    this.numbers = h('pre', { class: 'gutter', 'aria-hidden': 'true' });
    this.text = h('textarea', { spellcheck: 'false', wrap: 'off', autocapitalize: 'off', autocomplete: 'off' });
    this.text.addEventListener('input', () => this.typed());
    this.text.addEventListener('scroll', () => (this.numbers.scrollTop = this.text.scrollTop));
    this.flaw = h('p', { class: 'flaw', role: 'alert' });
    this.flaw.id = 'editor-flaw';
    this.text.setAttribute('aria-describedby', this.flaw.id);
    this.run = h('button', { type: 'button', click: () => void this.take() });
    this.revert = h('button', { type: 'button', click: () => this.giveUp() });
    this.keys = h('span', { class: 'quiet' });
    this.element = h(
      'dialog',
      { class: 'editor' },
      h('div', { class: 'bar' }, this.heading, this.close),
      h('label', { class: 'what' }, this.partLabel, this.choice),
      h('div', { class: 'sheet' }, this.numbers, this.text),
      this.flaw,
      h('div', { class: 'acts' }, this.run, this.revert, this.keys),
    );
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        void this.take();
      }
    });
  }

  get words() {
    return this.lab.player.words;
  }

  translate() {
    const w = this.words;
    this.element.setAttribute('aria-label', w['edit-title']);
    this.heading.textContent = w['edit-title'];
    relabel(this.close, 'close', w['close']);
    this.partLabel.textContent = w['edit-part'];
    this.run.textContent = w['edit-run'];
    this.revert.textContent = w['edit-revert'];
    this.keys.textContent = w['edit-keys'];
    this.text.setAttribute('aria-label', w['edit-text']);
    if (this.element.open) this.look();
  }

  /** Another scenario is open: drafts of the one before mean nothing to it. */
  forget() {
    this.drafts.clear();
    this.part = '';
    if (this.element.open) this.element.close();
  }

  show() {
    const { bench } = this.lab;
    if (!bench) return;
    const programs = /** @type {[host: string, name: string][]} */ (bench.programs());
    this.choice.replaceChildren(
      h('option', { value: '' }, this.words['edit-whole']),
      ...programs.map(([host, name], i) => h('option', { value: i }, `${host}: ${name}`)),
    );
    this.open(Number(this.part) < programs.length ? this.part : '');
    if (!this.element.open) this.element.showModal();
    this.text.focus();
  }

  /** The part as the core takes it. */
  get nth() {
    return this.part === '' ? undefined : Number(this.part);
  }

  /** @param {string} part */
  open(part) {
    this.part = part;
    this.choice.value = part;
    this.text.value = this.drafts.get(part) ?? this.lab.bench?.text(this.nth) ?? '';
    this.text.scrollTop = 0;
    this.text.setSelectionRange(0, 0);
    this.look();
  }

  typed() {
    this.drafts.set(this.part, this.text.value);
    this.count();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.text.value.length < LONG) this.look();
    }, PATIENCE);
  }

  /** Numbers the lines; the one with the flaw is marked. @param {number} [bad] */
  count(bad) {
    const lines = this.text.value.split('\n').length;
    if (bad === undefined && this.numbers.childElementCount === lines) return;
    this.numbers.replaceChildren(
      ...Array.from({ length: lines }, (_, i) => h('span', i + 1 === bad ? { class: 'bad' } : {}, `${i + 1 === bad ? '▸' : ''}${i + 1}\n`)),
    );
    this.numbers.scrollTop = this.text.scrollTop;
  }

  look() {
    clearTimeout(this.timer);
    const flaw = /** @type {Flaw | undefined} */ (this.lab.bench?.tryEdit(this.text.value, this.nth, this.lab.player.lang));
    this.tell(flaw);
    return flaw;
  }

  /** @param {Flaw | undefined} flaw */
  tell(flaw) {
    const told = flaw?.message ?? '';
    if (this.flaw.textContent !== told) this.flaw.textContent = told;
    this.text.setAttribute('aria-invalid', String(flaw !== undefined));
    this.count(flaw?.line ?? 0);
  }

  /** Runs the text; with a flaw it goes there instead. */
  async take() {
    const flaw = this.look();
    if (flaw) {
      const before = this.text.value.split('\n').slice(0, flaw.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
      this.text.focus();
      this.text.setSelectionRange(before + flaw.column - 1, before + flaw.column);
      this.text.scrollTop = Math.max(0, (flaw.line - 4) * 18);
      return;
    }
    const { lab } = this;
    const [text, nth, part] = [this.text.value, this.nth, this.part];
    // While a long run is made its notice must be in reach. The draft stays until the run is shown.
    this.element.close();
    const done = await lab.change((bench) => bench.edit(text, nth, lab.player.lang));
    if (done && this.drafts.get(part) === text) this.drafts.delete(part);
  }

  giveUp() {
    this.drafts.delete(this.part);
    this.open(this.part);
    this.text.focus();
  }
}
