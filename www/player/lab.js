// The laboratory: the scenario with what was changed in it, and what is done to packets. What a change means is decided in Rust;
// this file asks, shows, and lets the run be made anew.

import { Compare } from './compare.js';
import { h } from './dom.js';
import { Editor } from './editor.js';
import { labSheet } from './lab-styles.js';
import { message } from './open.js';
import { FACTOR, MOST_CHANGED, run } from './run.js';
import { reopened } from './take.js';
import { Workbench } from './workbench.js';

/** @typedef {import('../pkg/framewire.js').Lab} Lab */

/** How much later a delayed packet or a copy arrives, in milliseconds, at first. */
const LATER = 100;
/** What can be done to a packet, with the word that names it. */
const ACTS = /** @type {const} */ ({ drop: 'lab-drop', delay: 'lab-delay', duplicate: 'lab-duplicate', corrupt: 'lab-corrupt' });

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
    /** What was asked for so far. @type {{ panel?: Workbench, editor?: Editor, compare?: Compare }} */
    this.made = {};
  }

  get panel() {
    if (!this.made.panel) {
      const { player } = this;
      this.made.panel = player.late(new Workbench(this), labSheet);
      player.inspector.element.before(this.made.panel.element);
    }
    return this.made.panel;
  }

  get editor() {
    return (this.made.editor ??= this.player.late(new Editor(this), labSheet));
  }

  get compare() {
    return (this.made.compare ??= this.player.late(new Compare(this), labSheet));
  }

  get isOpen() {
    return this.made.panel?.isOpen ?? false;
  }

  toggle() {
    const { element, content } = this.panel;
    element.hidden = this.isOpen;
    const { frameElement, header } = this.player;
    frameElement.classList.toggle('with-lab', this.isOpen);
    header.labButton.setAttribute('aria-pressed', String(this.isOpen));
    this.fill();
    this.player.arrange();
    if (this.isOpen) content.focus({ preventScroll: true });
    else if (header.labButton.offsetParent) header.labButton.focus();
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
    this.made.editor?.forget();
    this.made.compare?.forget();
    this.made.panel?.moment.reset();
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
      reopened(player, made.core);
      player.say(made.core.remark());
      if (this.isOpen) this.panel.status.textContent = player.word('lab-done', String(trial.changes(player.lang).length));
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

  /** Takes all changes back. */
  clear() {
    return this.change((bench) => bench.clear());
  }

  translate() {
    for (const part of Object.values(this.made)) part.translate();
  }

  /** The playhead moved. */
  follow() {
    this.made.panel?.follow();
  }

  /** Shows what holds now. */
  fill() {
    this.made.panel?.fill();
  }

  /**
   * What can be done to the selected packet; nothing where that is none.
   * @param {number} id
   */
  acts(id) {
    const { core, words: w } = this.player;
    if (!core || !this.bench || core.packetOf(id) === undefined) return undefined;
    this.player.adopt(labSheet);
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
