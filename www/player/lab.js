// The laboratory: the knobs of what is shown, rules to break, what is done to packets, and everything that was changed. What a
// change means is decided in Rust; this file asks, shows, and lets the run be made anew.

import { Compare } from './compare.js';
import { h, iconButton, sharedSheet } from './dom.js';
import { Editor } from './editor.js';
import { Knob } from './knob.js';
import { Moment, momentCss } from './moment.js';
import { message } from './open.js';
import { FACTOR, MOST_CHANGED, run } from './run.js';

/** @typedef {import('../pkg/framewire.js').Lab} Lab */
/** @typedef {import('./types.d.ts').KnobInfo} KnobInfo */
/** @typedef {import('./types.d.ts').RuleInfo} RuleInfo */

/** How much later a delayed packet or a copy arrives, in milliseconds, at first. */
const LATER = 100;
/** What can be done to a packet, with the word that names it. */
const ACTS = /** @type {const} */ ({ drop: 'lab-drop', delay: 'lab-delay', duplicate: 'lab-duplicate', corrupt: 'lab-corrupt' });

const css = `
.with-lab .body { grid-template-columns: minmax(0, 1fr) 320px; }
.with-lab .stage { grid-column: 1; grid-row: 1 / -1; }
.with-lab:not(.selected) .inspector, .presenting .lab { display: none; }
.with-lab.selected:not(.without-inspector) .body { grid-template-rows: minmax(0, 1fr) minmax(0, 1fr); }
.with-lab .inspector { border-top: 1px solid var(--fw-line); }
.lab { border-left: 1px solid var(--fw-line); background: var(--fw-paper); min-height: 0; display: flex; flex-direction: column; }
.lab .bar { padding: 4px 4px 0 16px; min-height: 40px; }
.lab h2 { flex: 1; font-size: 14px; color: var(--fw-ink); }
.lab .bench { overflow: auto; flex: 1; min-height: 0; padding: 0 16px 16px; overflow-wrap: anywhere; }
.lab .bench > h3:first-child { margin-top: 4px; }
.lab summary { font-size: 12px; font-weight: 600; padding: 8px 0; cursor: pointer; }
.lab details { border-top: 1px solid var(--fw-line); margin-top: 8px; }
.lab .text-button, .lab .row button, .acts button, .notice .stop { border-color: var(--fw-line); }
.lab .row { display: flex; gap: 8px; }
.lab .done { list-style: none; }
.lab .done li { display: flex; align-items: center; gap: 8px; border-left: 3px solid var(--fw-ink); padding-left: 8px; margin: 2px 0; }
.lab .done li span { flex: 1; }
.knob { display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: center; gap: 0 8px; padding: 4px 0 4px 8px; border-left: 3px solid transparent; }
.knob.turned { border-left-color: var(--fw-ink); }
.knob.turned > label { font-weight: 600; }
.knob .set { display: flex; align-items: center; gap: 4px 8px; grid-column: 1; grid-row: 2; flex-wrap: wrap; }
.knob.switch, .knob.choice { grid-template-columns: minmax(0, 1fr) auto 32px; min-height: 32px; }
.knob.switch .set, .knob.choice .set { grid-column: 2; grid-row: 1; }
.knob.switch .reset, .knob.choice .reset { grid-column: 3; grid-row: 1; }
.knob .reset { grid-column: 2; grid-row: 2; min-width: 32px; padding: 0; }
.knob input[type=range] { flex: 1 1 80px; min-width: 60px; accent-color: var(--fw-ink); margin: 0; min-height: 24px; }
.knob input[type=number], .acts input { font: inherit; color: inherit; width: 9ch; min-height: 28px; background: var(--fw-paper); border: 1px solid var(--fw-faint); border-radius: 4px; padding: 0 6px; }
.knob .unit { min-width: 1.5em; font-size: 12px; color: var(--fw-faint); }
.knob .off, .rule label { display: inline-flex; align-items: center; gap: 6px; }
.lab input[type=checkbox] { width: 16px; height: 16px; margin: 0; accent-color: var(--fw-ink); flex: none; }
.rule { padding: 2px 0 6px; }
.rule .hosts { display: flex; flex-wrap: wrap; gap: 2px 16px; padding-left: 22px; font-size: 12px; color: var(--fw-faint); }
.rule label { min-height: 28px; }
.acts { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; margin-bottom: 8px; }
.acts button { padding: 0 7px; }
.acts label { display: inline-flex; gap: 6px; align-items: center; font-size: 12px; color: var(--fw-faint); }
.narrow .lab { position: absolute; left: 0; right: 0; bottom: 0; height: 55%; border: 0; border-top: 1px solid var(--fw-ink); z-index: 1; }
.narrow .inspector { z-index: 2; }
.narrow .knob input[type=number], .narrow .knob input[type=range], .narrow .knob label, .narrow .rule label { min-height: 44px; }
.narrow .knob > label { display: flex; align-items: end; }
.player:not([data-controls='full'], .narrow) .lab { position: absolute; right: 0; top: 0; bottom: 0; width: min(320px, 90%); z-index: 1; }

.editor { padding: 8px 8px 16px; width: min(860px, 96vw); height: min(820px, 94vh); }
.editor[open] { display: flex; flex-direction: column; gap: 8px; }
.editor > :not(.bar) { margin: 0 16px; }
.editor > .bar { padding: 0 0 0 16px; flex: none; }
.editor h2 { flex: 1; font-size: 14px; color: inherit; }
.editor .what { display: flex; align-items: center; gap: 8px; font-size: 12px; color: var(--fw-faint); }
.editor .what select { color: var(--fw-ink); font-size: 14px; }
.editor .sheet { flex: 1; min-height: 0; display: flex; border: 1px solid var(--fw-faint); border-radius: 4px; font: 12px/18px var(--fw-mono); }
.editor .gutter { margin: 0; padding: 6px 6px 24px; min-width: 4ch; overflow: hidden; text-align: right; color: var(--fw-faint); font: inherit; border-right: 1px solid var(--fw-line); flex: none; }
.editor .gutter .bad { color: var(--fw-trouble); font-weight: 700; }
.editor textarea { flex: 1; min-width: 0; resize: none; border: 0; padding: 6px 8px; color: inherit; background: none; font: inherit; white-space: pre; overflow: auto; }
.editor .flaw:not(:empty) { color: var(--fw-trouble); border-left: 4px solid var(--fw-trouble); padding-left: 8px; overflow-wrap: anywhere; }
.editor .flaw:empty { display: none; }
.narrow .editor > :not(.bar) { margin: 0 4px; }

.compare { padding: 8px 8px 16px; width: min(1240px, 97vw); height: min(1000px, 96vh); max-width: none; max-height: none; }
.compare[open] { display: flex; flex-direction: column; gap: 8px; }
.compare > :not(.bar) { margin: 0 16px; }
.compare > .bar { padding: 0 0 0 16px; flex: none; }
.compare h2 { flex: 1; font-size: 14px; color: inherit; }
.compare h3 { margin: 0 0 4px; flex: none; }
.compare .sum { flex: none; }
.compare .counts th, .compare .counts td { padding: 1px 16px 1px 0; }
.compare .counts tbody td { font-weight: 600; }
.compare .halves { flex: 2; min-height: 0; display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 12px; }
.compare .halves.over { grid-template-columns: minmax(0, 1fr); }
.compare .half[hidden] { display: none; }
.compare .how { border: 0; margin: 4px 0 0; padding: 0; display: flex; gap: 4px 16px; flex-wrap: wrap; }
.compare .how label { display: inline-flex; align-items: center; gap: 6px; min-height: 28px; }
.compare .how input { margin: 0; width: 16px; height: 16px; accent-color: var(--fw-ink); }
.compare .signs { margin: 2px 0 0; font-size: 12px; color: var(--fw-faint); white-space: normal; overflow-wrap: anywhere; }
.narrow .compare .how label { min-height: 44px; }
.compare .half:not([hidden]) { min-height: 0; min-width: 0; display: flex; flex-direction: column; }
.compare .half .scroller { flex: 1; min-height: 0; height: auto; border: 1px solid var(--fw-line); }
.compare .told { flex: 0 1 auto; max-height: 30%; min-height: 64px; overflow: auto; border-top: 1px solid var(--fw-line); padding-top: 8px; }
.compare .rows td { padding: 1px 12px 1px 0; vertical-align: top; }
.compare .rows .when { white-space: nowrap; }
.compare .rows button { min-height: 24px; padding: 0 4px; text-decoration: underline; font-variant-numeric: tabular-nums; }
.narrow .compare > :not(.bar) { margin: 0 4px; }
.narrow .compare { overflow-x: hidden; overflow-y: auto; }
.narrow .compare .halves, .narrow .compare .halves.over { grid-template-columns: minmax(0, 1fr); flex: none; }
.narrow .compare .half .scroller { height: 60vh; flex: none; }
.narrow .compare .counts { display: block; overflow-x: auto; }
.narrow .compare .counts th, .narrow .compare .counts td { padding-right: 6px; }
.narrow .compare .told { overflow: visible; flex: none; max-height: none; }
@media print { .lab { display: none; } }
`;

/** The laboratory's own sheet, to stand behind the player's. */
export const labSheet = sharedSheet(css + momentCss);

export class Laboratory {
  /** @param {import('./element.js').FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    /** The scenario with the changes that are shown; none for a recording. @type {Lab | undefined} */
    this.bench = undefined;
    /** The same with changes whose run is being made. @type {Lab | undefined} */
    this.trial = undefined;
    this.events = 0;
    this.later = LATER;
    this.waiting = 0;
    /** @type {(() => void) | undefined} */
    this.wanted = undefined;
    /** @type {Map<string, Knob>} */
    this.knobs = new Map();
    /** Which parts of the panel are unfolded. @type {Map<string, boolean>} */
    this.unfolded = new Map();
    this.drawn = '';
    this.editor = new Editor(this);
    this.moment = new Moment(this);
    this.compare = new Compare(this);
    this.heading = h('h2', {});
    this.editButton = h('button', { type: 'button', class: 'text-button', click: () => this.editor.show() });
    this.close = iconButton('close', '', () => this.toggle());
    this.doneHeading = h('h3', {});
    this.done = h('ol', { class: 'done' });
    this.none = h('p', { class: 'quiet' });
    this.undoAll = h('button', { type: 'button', click: () => this.clear() });
    this.compareButton = h('button', { type: 'button', click: () => void this.compare.show() });
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

  toggle() {
    this.element.hidden = this.isOpen;
    const { frameElement, header } = this.player;
    frameElement.classList.toggle('with-lab', this.isOpen);
    header.labButton.setAttribute('aria-pressed', String(this.isOpen));
    this.fill();
    this.player.arrange();
    if (this.isOpen) this.content.focus({ preventScroll: true });
    else if (header.labButton.offsetParent) header.labButton.focus();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const target = event.target;
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      this.toggle();
    } else if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) {
      // A slider has its own arrow keys.
      event.stopPropagation();
    }
  }

  /**
   * Another scenario is open, or a recording.
   * @param {Lab | undefined} bench
   * @param {number} events of its run
   */
  take(bench, events) {
    this.trial?.free();
    this.bench?.free();
    this.trial = undefined;
    this.bench = bench;
    this.events = events;
    this.editor.forget();
    this.compare.forget();
    this.moment.reset();
    this.fill();
  }

  /**
   * Changes something and makes the run anew. What cannot be, or does not end, changes nothing.
   * @param {(bench: Lab) => void} make
   * @returns {Promise<boolean>} whether it is shown now
   */
  async change(make) {
    const { player } = this;
    const from = this.trial ?? this.bench;
    if (!from) return false;
    const trial = from.copy();
    try {
      make(trial);
    } catch (error) {
      trial.free();
      player.say(message(error), true);
      this.fill();
      return false;
    }
    player.sequence++;
    this.trial?.free();
    this.trial = trial;
    try {
      const made = await run(player, trial, Math.max(MOST_CHANGED, FACTOR * this.events));
      if (!made || this.trial !== trial) return false;
      this.trial = undefined;
      this.bench?.free();
      this.bench = trial;
      this.events = made.events;
      player.info = trial.info(player.lang);
      player.reopened(made.core);
      player.say(made.core.remark());
      this.status.textContent = player.word('lab-done', String(trial.changes(player.lang).length));
      return true;
    } catch (error) {
      if (this.trial === trial) {
        this.trial = undefined;
        trial.free();
      }
      player.say(message(error), true);
      this.fill();
      return false;
    }
  }

  /**
   * The same for what changes many times a second: the last one counts.
   * @param {(bench: Lab) => void} make
   */
  soon(make) {
    this.wanted = () => void this.change(make);
    this.waiting ||= requestAnimationFrame(() => {
      this.waiting = 0;
      this.wanted?.();
    });
  }

  clear() {
    void this.change((bench) => bench.clear()).then(() => this.content.focus({ preventScroll: true }));
  }

  /** @param {number} nth */
  async undo(nth) {
    await this.change((bench) => bench.undo(nth, this.player.lang));
    this.fill();
    const rest = this.done.querySelectorAll('button');
    (rest[Math.min(nth, rest.length - 1)] ?? this.content).focus({ preventScroll: true });
  }

  translate() {
    const w = this.player.words;
    this.heading.textContent = w['lab'];
    this.element.setAttribute('aria-label', w['lab']);
    this.content.setAttribute('aria-label', w['lab']);
    this.close.setAttribute('aria-label', w['close']);
    this.close.title = w['close'];
    this.editButton.textContent = w['lab-edit'];
    this.doneHeading.textContent = w['lab-changes'];
    this.undoAll.textContent = w['lab-undo-all'];
    this.drawn = '';
    this.editor.translate();
    this.compare.translate();
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
    const bench = this.trial ?? this.bench;
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
    const turn = (/** @type {string} */ path, /** @type {string | undefined} */ value) => this.soon((bench) => this.moment.turn(bench, path, value));
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
    const { show } = JSON.parse(this.bench?.json() ?? '{}');
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
        input.addEventListener('change', () => void this.change((bench) => bench.spare(nth, input.checked, this.player.lang)));
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
      input.addEventListener('change', () => void this.change((bench) => bench.switchRule(rule.name, host, input.checked, this.player.lang)));
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

  /**
   * What can be done to the selected packet; nothing where that is none.
   * @param {number} id
   */
  acts(id) {
    const { core, words: w } = this.player;
    if (!core || !this.bench || core.packetOf(id) === undefined) return undefined;
    const later = h('input', { type: 'number', min: 0, step: 'any', value: this.later });
    later.addEventListener('input', () => (this.later = Math.max(0, Number(later.value) || 0)));
    const buttons = Object.entries(ACTS).map(([act, word]) => h('button', { type: 'button', 'data-act': act, click: () => void this.act(id, act) }, w[word]));
    return h('section', {}, h('h3', {}, w['lab-act']), h('div', { class: 'acts' }, ...buttons, h('label', {}, w['lab-by'], later)));
  }

  /**
   * @param {number} id
   * @param {string} act
   */
  async act(id, act) {
    const { player } = this;
    await this.change((bench) => {
      if (player.core && !bench.act(player.core, id, act, this.later, player.lang)) throw new Error(player.words['lab-no-aim']);
    });
    const again = player.inspector.content.querySelector(`[data-act="${act}"]`);
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }
}
