// When a knob's change begins to hold: from the start of the run, or from the playhead's moment on.

import { h } from './dom.js';

/** @typedef {import('./workbench.js').Workbench} Workbench */
/** @typedef {import('../pkg/framewire.js').Lab} Lab */

/** Moments nearer than this are the same, in nanoseconds. */
const SAME = 1000;

export class Moment {
  /** @param {Workbench} panel */
  constructor(panel) {
    this.panel = panel;
    /** Where the playhead stood when the first knob was turned there: the event that came next, and its time. */
    this.anchor = { event: 0, nanos: -Infinity };
    this.legend = h('legend', {});
    const radio = () => h('input', { type: 'radio', name: 'fw-moment', change: () => this.panel.fill() });
    this.start = radio();
    this.start.checked = true;
    this.here = radio();
    this.startText = h('span', {});
    this.hereText = h('span', {});
    this.hint = h('p', { class: 'quiet', role: 'status' });
    this.element = h('fieldset', { class: 'moment' }, this.legend, h('label', {}, this.start, this.startText), h('label', {}, this.here, this.hereText), this.hint);
  }

  /** The event before which a change is made; nothing where it is made from the start. */
  get event() {
    return this.here.checked ? this.anchor.event : undefined;
  }

  /** Nothing can be changed at the end of the run. */
  get late() {
    const { playhead, extent } = this.panel.player;
    return this.here.checked && playhead >= extent - 0.01;
  }

  /** Another scenario is open. */
  reset() {
    this.start.checked = true;
    this.anchor = { event: 0, nanos: -Infinity };
  }

  translate() {
    const w = this.panel.player.words;
    this.legend.textContent = w['lab-when'];
    this.startText.textContent = w['lab-from-start'];
    this.follow();
  }

  /** The playhead moved, or another run is shown: the moment stays the same as long as its time does. */
  follow() {
    const { player } = this.panel;
    const { core, playhead, words: w } = player;
    if (!core) return;
    const nanos = core.nanos(playhead);
    if (Math.abs(nanos - this.anchor.nanos) > SAME) this.anchor = { event: core.eventAfter(playhead), nanos };
    this.hereText.textContent = player.word('lab-from-here', player.timeText(playhead));
    this.hint.textContent = this.late ? w['lab-here-none'] : this.here.checked ? w['lab-here-hint'] : '';
  }

  /**
   * @param {Lab} bench
   * @param {string} path
   * @param {string | undefined} value
   */
  turn(bench, path, value) {
    const { event, anchor } = this;
    const { lang } = this.panel.player;
    if (event === undefined) bench.turn(path, value, lang);
    else bench.turnLater(path, value, event, anchor.nanos, lang);
  }

  /**
   * Whether a knob is offered now.
   * @param {import('./types.d.ts').KnobInfo} info
   */
  offers(info) {
    return !this.here.checked || (info.later && !this.late);
  }
}
