// The run before and after the changes, side by side (the same ladder twice, each difference marked by a sign) or in one picture,
// counted, and told.

import { compareRuns, overlayRuns } from '../pkg/framewire.js';
import { fill } from './core.js';
import { copy } from './dialog.js';
import { h, iconButton, relabel } from './dom.js';
import { LEAST_WIDTH, fileName, offer } from './download.js';
import { message } from './open.js';
import { copyList } from './paint.js';
import { Picture } from './picture.js';
import { run } from './run.js';

/** @typedef {import('../pkg/framewire.js').Player} Core */
/** @typedef {import('../pkg/framewire.js').Overlay} Overlay */
/** @typedef {import('./types.d.ts').Row} Row */
/** @typedef {{ ids: Uint32Array, marks: Uint8Array, rows: Uint32Array, counts: Uint32Array }} Side of a comparison (src/wasm/lab.rs) */

/** Differences, by number: the same, moved, ends otherwise, alone (gone or new). */
const [MOVED, ENDS, ALONE] = [1, 2, 3];
/** Kinds of marks in a display list that get a sign (src/view/list.rs). */
const [ARROW, RECT] = [1, 2];
const [FLIGHT, CALL] = [1, 2];
/** What stands around the axis: head, lead and foot (see ladder.js). */
const AROUND = 58;
/** So much of the ladder, in pixels, stays in sight before a time that is gone to. */
const BEFORE = 80;
/** So long after that the ladders do not follow each other, in milliseconds. */
const QUIET_MS = 200;
/** No marks: an overlaid picture has them already. @type {Side} */
const UNMARKED = { ids: new Uint32Array(), marks: new Uint8Array(), rows: new Uint32Array(), counts: new Uint32Array() };
/** Sentences shown at most. */
const MOST_ROWS = 300;

/**
 * One of the two ladders.
 * @typedef {{ player: import('./element.js').FramewirePlayer, scrolled: (half: Half) => void }} Pair whose it is
 */
export class Half {
  /**
   * @param {Pair} dialog
   * @param {string} sign of what only this run has
   */
  constructor(dialog, sign) {
    this.dialog = dialog;
    this.sign = sign;
    /** @type {Core | Overlay | undefined} */
    this.core = undefined;
    this.height = 0;
    /** @type {Map<number, number>} */
    this.marks = new Map();
    const { player } = dialog;
    const host = { theme: () => player.theme, playhead: () => Number.MAX_VALUE, horizon: () => Infinity, lit: () => new Set(), point: () => {}, select: () => {} };
    this.picture = new Picture(host, (ctx, list) => this.sketch(ctx, list));
    this.title = h('h3', {});
    this.spacer = h('div', {}, this.picture.canvas);
    this.scroller = h('div', { class: 'scroller', tabindex: 0, role: 'group' }, this.spacer);
    this.scroller.addEventListener('scroll', () => {
      this.layout();
      dialog.scrolled(this);
    }, { passive: true });
    this.element = h('section', { class: 'half' }, this.title, this.scroller);
  }

  /** @param {Core | Overlay} core @param {number} height @param {Side} side */
  show(core, height, side) {
    this.core = core;
    this.height = height;
    this.marks = new Map(Array.from(side.ids, (id, i) => [id, side.marks[i]]));
    this.spacer.style.height = `${Math.ceil(height + AROUND)}px`;
    this.layout();
  }

  layout() {
    const { clientWidth: width, clientHeight: height, scrollTop: top } = this.scroller;
    if (!this.core || width < 50) return;
    const { relative, lang } = this.dialog.player;
    this.picture.show(copyList(this.core.ladder(width, height, top, 1, relative, lang)));
  }

  /**
   * Signs at the beginnings of what is not the same.
   * @param {CanvasRenderingContext2D} ctx
   * @param {import('./types.d.ts').DisplayList} list
   * @returns {import('./geometry.js').Box}
   */
  sketch(ctx, list) {
    const { theme } = this.dialog.player;
    const done = new Set();
    ctx.save();
    ctx.font = '600 13px system-ui, sans-serif';
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    for (let i = 0; i < list.kind.length; i++) {
      const id = list.id[i];
      const mark = this.marks.get(id);
      const wanted = (list.kind[i] === ARROW && id >>> 28 === FLIGHT) || (list.kind[i] === RECT && id >>> 28 === CALL);
      if (!mark || !wanted || done.has(id)) continue;
      done.add(id);
      const [x, y] = [list.points[list.start[i]], list.points[list.start[i] + 1]];
      const faint = mark === MOVED;
      ctx.beginPath();
      ctx.arc(x, y, faint ? 5 : 8, 0, 2 * Math.PI);
      ctx.fillStyle = theme.paper;
      ctx.fill();
      ctx.lineWidth = faint ? 1 : 1.5;
      ctx.strokeStyle = theme.ink;
      ctx.stroke();
      ctx.fillStyle = theme.ink;
      if (!faint) ctx.fillText(mark === ENDS ? '≠' : this.sign, x, y + 0.5);
    }
    ctx.restore();
    return [0, 0, list.width, list.height];
  }
}

export class Compare {
  /** @param {import('./lab.js').Laboratory} lab */
  constructor(lab) {
    this.lab = lab;
    this.player = lab.player;
    /** The run of the scenario as it was opened. @type {Core | undefined} */
    this.original = undefined;
    this.following = false;
    this.quiet = 0;
    /** The time that was gone to last. @type {number | undefined} */
    this.moment = undefined;
    this.heading = h('h2', {});
    this.close = iconButton('close', '', () => this.element.close());
    this.done = h('p', { class: 'quiet' });
    this.counts = h('table', { class: 'counts' });
    this.before = new Half(this, '−');
    this.after = new Half(this, '+');
    /** Both in one picture. */
    this.laid = new Half(this, '');
    /** @type {Overlay | undefined} */
    this.overlay = undefined;
    const choice = () => h('input', { type: 'radio', name: 'fw-compare', change: () => this.arrange() });
    this.beside = choice();
    this.beside.checked = true;
    this.over = choice();
    this.besideText = h('span', {});
    this.overText = h('span', {});
    this.how = h('fieldset', { class: 'how' }, h('label', {}, this.beside, this.besideText), h('label', {}, this.over, this.overText));
    this.legend = h('p', { class: 'signs', hidden: true });
    this.saveButton = h('button', { type: 'button', click: () => this.save() });
    this.copyButton = h('button', { type: 'button', click: () => void this.copy() });
    this.said = h('span', { role: 'status' });
    this.files = h('p', { class: 'row', hidden: true }, this.saveButton, this.copyButton, this.said);
    this.halves = h('div', { class: 'halves' }, this.before.element, this.after.element, this.laid.element);
    this.rows = h('tbody', {});
    this.head = h('thead', {});
    this.listHeading = h('h3', {});
    this.table = h('table', { class: 'rows' }, this.head, this.rows);
    this.list = h('div', { class: 'told', tabindex: 0, role: 'group' }, this.listHeading, this.table);
    this.element = h('dialog', { class: 'compare' }, h('div', { class: 'bar' }, this.heading, this.close), h('div', { class: 'sum' }, this.done, this.counts, this.how, this.legend, this.files), this.halves, this.list);
    // What it shows may be gone before it is opened again.
    this.element.addEventListener('close', () => this.drop());
    this.resized = new ResizeObserver(() => {
      for (const half of [this.before, this.after, this.laid]) half.layout();
    });
    this.resized.observe(this.halves);
  }

  translate() {
    const w = this.player.words;
    this.element.setAttribute('aria-label', w['compare']);
    this.heading.textContent = w['compare'];
    relabel(this.close, 'close', w['close']);
    this.before.title.textContent = w['compare-before'];
    this.after.title.textContent = w['compare-after'];
    this.before.scroller.setAttribute('aria-label', w['compare-before']);
    this.after.scroller.setAttribute('aria-label', w['compare-after']);
    this.how.setAttribute('aria-label', w['compare-how']);
    this.besideText.textContent = w['compare-beside'];
    this.overText.textContent = w['compare-over'];
    this.legend.textContent = w['compare-legend'];
    this.saveButton.textContent = w['compare-save'];
    this.copyButton.textContent = w['compare-copy'];
    this.laid.title.textContent = w['compare'];
    this.laid.scroller.setAttribute('aria-label', w['compare']);
    this.list.setAttribute('aria-label', w['compare-list']);
    this.listHeading.textContent = w['compare-list'];
    this.counts.setAttribute('aria-label', w['compare-counts']);
    if (this.element.open) this.fill();
  }

  /** Another scenario is open. */
  forget() {
    if (this.element.open) this.element.close();
    this.drop();
    this.original?.free();
    this.original = undefined;
  }

  /** Lets go of the runs. */
  drop() {
    for (const half of [this.before, this.after, this.laid]) half.core = undefined;
    this.overlay?.free();
    this.overlay = undefined;
  }

  /** Shows the two runs as it is chosen, at the same moment. */
  arrange() {
    const { original, player } = this;
    const over = this.over.checked;
    const from = over ? this.before : this.laid;
    const { core } = this.before;
    const seen = from === this.before && core && 'nanos' in core ? core.nanos(from.scroller.scrollTop + BEFORE) : this.moment;
    for (const half of [this.before, this.after]) half.element.hidden = over;
    this.laid.element.hidden = this.legend.hidden = this.files.hidden = !over;
    this.said.textContent = '';
    this.halves.classList.toggle('over', over);
    if (over && original && player.core) {
      this.overlay ??= overlayRuns(original, player.core, player.ladder.viewHeight());
      this.laid.show(this.overlay, this.overlay.height(), UNMARKED);
    }
    this.before.layout();
    this.after.layout();
    if (seen !== undefined) this.go(seen);
  }

  /** Both runs in one picture, as an SVG document. */
  svg() {
    const { overlay, player, laid, done } = this;
    const { relative, theme, lang, info, words: w } = player;
    const title = `${info?.title ?? ''}${w['colon']}${w['compare']}`;
    return overlay?.svg(Math.max(LEAST_WIDTH, laid.scroller.clientWidth), relative, theme.dark, done.textContent ?? '', lang, title) ?? '';
  }

  save() {
    const name = `${fileName(this.player)}-compared.svg`;
    offer(name, this.svg(), 'image/svg+xml');
    this.said.textContent = this.player.word('export-saved', name);
  }

  async copy() {
    const copied = await copy(this.svg());
    this.said.textContent = this.player.words[copied ? 'copied' : 'not-copied-here'];
  }

  async show() {
    const { player, lab } = this;
    const { bench } = lab;
    if (!bench || !player.core || this.element.open) return;
    if (bench.changes(player.lang).length === 0) return player.say(player.words['lab-none']);
    if (!this.original) {
      const untouched = bench.untouched();
      try {
        this.original = (await run(player, untouched))?.core;
      } catch (error) {
        player.say(message(error), true);
      } finally {
        untouched.free();
      }
      if (!this.original || lab.bench !== bench) return;
    }
    if (!this.element.open) this.element.showModal();
    this.fill();
    this.close.focus();
  }

  fill() {
    const { player, lab, original } = this;
    if (!original || !player.core || !lab.bench) return;
    const compared = /** @type {{ before: Side, after: Side }} */ (compareRuns(original, player.core));
    this.overlay?.free();
    this.overlay = this.laid.core = undefined;
    this.moment = undefined;
    this.done.textContent = lab.bench.changes(player.lang).join(' · ');
    this.count(compared.before, compared.after);
    this.before.show(original, original.fit(player.ladder.viewHeight()).height, compared.before);
    this.after.show(player.core, player.ladder.height, compared.after);
    this.arrange();
    this.tell(compared);
  }

  /** @param {Side} before @param {Side} after */
  count(before, after) {
    const w = this.player.words;
    const names = [w['compare-packets'], w['compare-calls'], w['compare-states']];
    const columns = [
      ['=', w['compare-same']],
      ['○', w['compare-moved']],
      ['≠', w['compare-ends']],
      ['−', w['compare-gone']],
      ['+', w['compare-new']],
    ];
    const sign = (/** @type {string} */ text) => h('b', { 'aria-hidden': 'true' }, `${text} `);
    this.counts.replaceChildren(
      h('thead', {}, h('tr', {}, h('td', {}), ...columns.map(([mark, name]) => h('th', { scope: 'col' }, sign(mark), name)))),
      h(
        'tbody',
        {},
        ...names.map((name, i) => {
          const at = (/** @type {Side} */ side, /** @type {number} */ what) => side.counts[i * 4 + what];
          const numbers = [at(after, 0), at(after, MOVED), at(after, ENDS), at(before, ALONE), at(after, ALONE)];
          return h('tr', {}, h('th', { scope: 'row' }, name), ...numbers.map((n) => h('td', {}, String(n))));
        }),
      ),
    );
  }

  /** @param {{ before: Side, after: Side }} compared */
  tell({ before, after }) {
    const { player } = this;
    const { words: w, relative, lang } = player;
    const rows = [
      ...this.sentences(this.original, before.rows, relative, lang).map((row) => ({ row, mark: '−', name: w['compare-gone'] })),
      ...this.sentences(player.core, after.rows, relative, lang).map((row) => ({ row, mark: '+', name: w['compare-new'] })),
    ];
    const nanos = (/** @type {{ row: Row, mark: string }} */ { row, mark }) => (mark === '−' ? this.original : player.core)?.nanos(row.position) ?? 0;
    const timed = rows.map((entry) => ({ ...entry, at: nanos(entry) })).sort((a, b) => a.at - b.at);
    const columns = [w['result'], w['time'], w['event']];
    this.head.replaceChildren(h('tr', {}, ...columns.map((name) => h('th', { scope: 'col' }, name))));
    this.rows.replaceChildren(
      ...timed.map(({ row, mark, name, at }) =>
        h('tr', { class: mark === '−' ? 'gone' : 'new' }, h('td', { class: 'when' }, h('b', { 'aria-hidden': 'true' }, `${mark} `), name), h('td', { class: 'when' }, h('button', { type: 'button', title: w['compare-go'], click: () => this.go(at) }, row.time)), h('td', {}, row.text)),
      ),
    );
    // What differs is in sight.
    if (timed.length) this.go(timed[0].at);
    const all = before.rows.length + after.rows.length;
    if (all === 0) this.rows.append(h('tr', {}, h('td', { colspan: 3 }, w['compare-nothing'])));
    if (all > rows.length) this.rows.append(h('tr', {}, h('td', { colspan: 3, class: 'quiet' }, fill(w['compare-more'], String(all - rows.length)))));
  }

  /** Both ladders go to a time. @param {number} nanos */
  go(nanos) {
    // Where one ladder ends earlier, it must not take the other along.
    this.quiet = performance.now() + QUIET_MS;
    this.moment = nanos;
    for (const { core, scroller } of [this.before, this.after, this.laid]) {
      if (core) scroller.scrollTop = Math.max(0, core.position(nanos) - BEFORE);
    }
  }

  /**
   * @param {Core | undefined} core
   * @param {Uint32Array} numbers
   * @param {boolean} relative
   * @param {string} lang
   */
  sentences(core, numbers, relative, lang) {
    return Array.from(numbers.subarray(0, MOST_ROWS / 2)).flatMap((number) => /** @type {Row[]} */ (core?.rows(number, 1, relative, lang) ?? []));
  }

  /** The other ladder goes to the same time. @param {Half} half */
  scrolled(half) {
    if (half === this.laid) return;
    const other = half === this.before ? this.after : this.before;
    if (performance.now() < this.quiet || this.following || !half.core || !other.core || !('nanos' in half.core)) {
      this.following = false;
      return;
    }
    const to = Math.round(other.core.position(half.core.nanos(half.scroller.scrollTop)));
    if (Math.abs(to - other.scroller.scrollTop) < 1) return;
    const before = other.scroller.scrollTop;
    other.scroller.scrollTop = to;
    // It answers with an event of its own, unless it is at its end already.
    this.following = other.scroller.scrollTop !== before;
  }
}
