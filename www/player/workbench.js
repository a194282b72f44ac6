// The laboratory's panel: the knobs of what is shown, rules to break, what the scenario does to packets, and everything that was
// changed.

import { h, iconButton, relabel } from './dom.js';
import { Knob } from './knob.js';
import { Moment } from './moment.js';

/** @typedef {import('./types.d.ts').KnobInfo} KnobInfo */
/** @typedef {import('./types.d.ts').RuleInfo} RuleInfo */

export class Workbench {
  /** @param {import('./lab.js').Laboratory} lab */
  constructor(lab) {
    this.lab = lab;
    this.player = lab.player;
    /** @type {Map<string, Knob>} */
    this.knobs = new Map();
    /** Which parts of the panel are unfolded. @type {Map<string, boolean>} */
    this.unfolded = new Map();
    this.drawn = '';
    this.moment = new Moment(this);
    this.heading = h('h2', {});
    this.editButton = h('button', { type: 'button', class: 'text-button', click: () => lab.editor.show() });
    this.close = iconButton('close', '', () => lab.toggle());
    this.doneHeading = h('h3', {});
    this.done = h('ol', { class: 'done' });
    this.none = h('p', { class: 'quiet' });
    this.undoAll = h('button', { type: 'button', click: () => void lab.clear().then(() => this.content.focus({ preventScroll: true })) });
    this.compareButton = h('button', { type: 'button', click: () => void lab.compare.show() });
    this.script = h('div', { class: 'script' });
    this.settings = h('div', {});
    this.rules = h('div', {});
    this.content = h('div', { class: 'bench', tabindex: 0, role: 'group' }, this.doneHeading, this.none, this.done, h('p', { class: 'row' }, this.compareButton, this.undoAll), this.script, this.moment.element, this.settings, this.rules);
    this.status = h('p', { class: 'hidden-visually', role: 'status' });
    this.element = h('aside', { class: 'lab', hidden: true }, h('div', { class: 'bar' }, this.heading, this.editButton, this.close), this.content, this.status);
    this.element.addEventListener('keydown', (event) => this.key(event));
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const target = event.target;
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      this.lab.toggle();
    } else if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) {
      // A slider has its own arrow keys.
      event.stopPropagation();
    }
  }

  /** @param {number} nth */
  async undo(nth) {
    await this.lab.change((bench) => bench.undo(nth, this.player.lang));
    this.fill();
    const rest = this.done.querySelectorAll('button');
    (rest[Math.min(nth, rest.length - 1)] ?? this.content).focus({ preventScroll: true });
  }

  translate() {
    const w = this.player.words;
    this.heading.textContent = w['lab'];
    this.element.setAttribute('aria-label', w['lab']);
    this.content.setAttribute('aria-label', w['lab']);
    relabel(this.close, 'close', w['close']);
    this.editButton.textContent = w['lab-edit'];
    this.doneHeading.textContent = w['lab-changes'];
    this.undoAll.textContent = w['lab-undo-all'];
    this.drawn = '';
    this.moment.translate();
    this.compareButton.textContent = w['lab-compare'];
    this.fill();
  }

  /** The playhead moved. */
  follow() {
    if (!this.isOpen || !this.moment.here.checked) return;
    const { event } = this.moment;
    this.moment.follow();
    if (this.player.paused && event !== this.moment.event) this.fill();
  }

  /** Shows what holds now. */
  fill() {
    if (!this.isOpen) return;
    const { lang, words: w } = this.player;
    const bench = this.lab.trial ?? this.lab.bench;
    const changes = bench?.changes(lang) ?? [];
    this.editButton.disabled = !bench;
    this.undoAll.hidden = changes.length === 0;
    this.compareButton.hidden = changes.length === 0;
    this.none.hidden = changes.length > 0;
    this.none.textContent = bench ? w['lab-none'] : w['lab-recording'];
    this.done.replaceChildren(...changes.map((text, nth) => {
      const undo = h('button', { type: 'button', click: () => void this.undo(nth) }, '↺');
      undo.title = this.player.word('lab-undo', text);
      undo.setAttribute('aria-label', undo.title);
      return h('li', {}, h('span', {}, text), undo);
    }));
    this.scripted(/** @type {[text: string, kept: boolean][]} */ (bench?.script(lang) ?? []));
    this.moment.element.hidden = !bench;
    this.moment.follow();
    const infos = /** @type {KnobInfo[]} */ (bench?.knobs(lang, this.moment.event) ?? []);
    const rules = /** @type {RuleInfo[]} */ (bench?.rules(lang) ?? []);
    const shape = [lang, ...infos.map((info) => info.path), ...rules.flatMap((rule) => rule.hosts.map(([name]) => name))].join('\n');
    if (shape !== this.drawn) this.build(infos, rules);
    this.drawn = shape;
    for (const info of infos) {
      const knob = this.knobs.get(info.path);
      knob?.update(info);
      if (knob) knob.element.hidden = !this.moment.offers(info);
    }
    for (const part of this.settings.children) if (part instanceof HTMLElement) part.hidden = !part.querySelector('.knob:not([hidden])');
    this.rules.hidden = this.script.hidden = this.moment.here.checked;
    for (const rule of rules) this.mark(rule);
  }

  /**
   * @param {KnobInfo[]} infos
   * @param {RuleInfo[]} rules
   */
  build(infos, rules) {
    const { words: w } = this.player;
    this.knobs.clear();
    const turn = (/** @type {string} */ path, /** @type {string | undefined} */ value) => this.lab.soon((bench) => this.moment.turn(bench, path, value));
    /** @type {Map<string, HTMLElement[]>} */
    const groups = new Map();
    for (const info of infos) {
      const knob = new Knob(info, turn, w);
      this.knobs.set(info.path, knob);
      const group = info.first ? w['lab-first'] : info.group;
      groups.set(group, [...(groups.get(group) ?? []), knob.element]);
    }
    const first = groups.get(w['lab-first']);
    groups.delete(w['lab-first']);
    this.settings.replaceChildren(
      ...(first ? [this.part(w['lab-first'], true, first)] : []),
      ...[...groups].map(([title, knobs], i) => this.part(title, i === 0 && !first, knobs)),
    );
    const boxes = rules.map((rule) => this.rule(rule));
    // A scenario whose question is about a rule has the rules unfolded, and first.
    const { show } = JSON.parse(this.lab.bench?.json() ?? '{}');
    const asked = show?.knobs?.some((/** @type {string} */ path) => path.endsWith('.break')) ?? false;
    this.rules.replaceChildren(...(boxes.length ? [this.part(w['lab-rules'], asked, boxes)] : []));
    this.settings[asked ? 'before' : 'after'](this.rules);
  }

  /**
   * What the scenario itself does to packets: each can be left out.
   * @param {[text: string, kept: boolean][]} script
   */
  scripted(script) {
    const shape = script.map(([text]) => text).join('\n');
    if (shape !== this.script.dataset.shape) {
      const boxes = script.map(([text], nth) => {
        const input = h('input', { type: 'checkbox' });
        input.addEventListener('change', () => void this.lab.change((bench) => bench.spare(nth, input.checked, this.player.lang)));
        return h('div', { class: 'rule' }, h('label', {}, input, text));
      });
      this.script.replaceChildren(...(boxes.length ? [h('h3', {}, this.player.words['lab-script']), ...boxes] : []));
      this.script.dataset.shape = shape;
    }
    for (const [i, input] of this.script.querySelectorAll('input').entries()) input.checked = script[i][1];
  }

  /**
   * A part of the panel that folds.
   * @param {string} title
   * @param {boolean} open at first
   * @param {HTMLElement[]} children
   */
  part(title, open, children) {
    const details = h('details', { open: this.unfolded.get(title) ?? open }, h('summary', {}, title), ...children);
    details.addEventListener('toggle', () => this.unfolded.set(title, details.open));
    return details;
  }

  /** @param {RuleInfo} rule */
  rule(rule) {
    const box = (/** @type {string | undefined} */ host, /** @type {string} */ text) => {
      const input = h('input', { type: 'checkbox', 'data-rule': rule.name, 'data-host': host ?? '' });
      input.addEventListener('change', () => void this.lab.change((bench) => bench.switchRule(rule.name, host, input.checked, this.player.lang)));
      return h('label', {}, input, text);
    };
    const hosts = rule.hosts.map(([name]) => box(name, name));
    return h('div', { class: 'rule', role: 'group', 'aria-label': rule.title }, box(undefined, rule.title), h('div', { class: 'hosts' }, ...hosts));
  }

  /** @param {RuleInfo} rule */
  mark(rule) {
    for (const input of this.rules.querySelectorAll('input')) {
      if (input.dataset.rule !== rule.name) continue;
      const { host } = input.dataset;
      input.checked = host ? rule.hosts.some(([name, broken]) => name === host && broken) : rule.broken;
    }
  }
}
