// When a knob's change begins to hold: from the start of the run, or from the playhead's moment on.

import { h } from './dom.js';

/** @typedef {import('./lab.js').Laboratory} Laboratory */
/** @typedef {import('../pkg/framewire.js').Lab} Lab */

/** Moments nearer than this are the same, in nanoseconds. */
const SAME = 1000;

export const momentCss = `
.lab .moment { border: 0; margin: 12px 0 0; padding: 0; min-width: 0; }
.lab .moment legend { padding: 0; font-size: 12px; font-weight: 600; }
.lab .moment label { display: flex; align-items: center; gap: 6px; min-height: 28px; }
.lab .moment input { margin: 0; width: 16px; height: 16px; accent-color: var(--fw-ink); flex: none; }
.lab .moment p { font-size: 12px; }
.narrow .lab .moment label { min-height: 44px; }
`;

export class Moment {
  /** @param {Laboratory} lab */
  constructor(lab) {
    this.lab = lab;
    /** Where the playhead stood when the first knob was turned there: the event that came next, and its time. */
    this.anchor = { event: 0, nanos: -Infinity };
    this.legend = h('legend', {});
    const radio = () => h('input', { type: 'radio', name: 'fw-moment', change: () => this.lab.fill() });
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
    const { playhead, extent } = this.lab.player;
    return this.here.checked && playhead >= extent - 0.01;
  }

  /** Another scenario is open. */
  reset() {
    this.start.checked = true;
    this.anchor = { event: 0, nanos: -Infinity };
  }

  translate() {
    const w = this.lab.player.words;
    this.legend.textContent = w['lab-when'];
    this.startText.textContent = w['lab-from-start'];
    this.follow();
  }

  /** The playhead moved, or another run is shown: the moment stays the same as long as its time does. */
  follow() {
    const { player } = this.lab;
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
    const { lang } = this.lab.player;
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
