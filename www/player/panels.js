// What stands beside the pictures: programs with their running lines, the transcript, the variables.

import { h } from './dom.js';

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */
/** @typedef {import('./types.d.ts').Row} Row */

/** Sentences kept in the document at a time. */
const WINDOW = 160;
/** The playhead rests when it has not moved for so many milliseconds. */
const REST_MS = 250;

/** Where a line of Python may break: at spaces, behind a bracket that opens much, before a method of what a call returns. */
const BREAKS = /(?<=\w\(\(?)(?!\(|[^\s()]{0,4}\))|(?<=\))(?=\.)|(?<=\S)(?=\s)|(?<=\S\s+)(?=\S)/;
/** And where a name may that is longer than a line. */
const IN_NAMES = /(?<=[._])|(?<=[a-z])(?=[A-Z])/;

/**
 * A line's parts, which stay together where they can; the indentation stays with the first.
 * @param {string} line
 */
const words = (line) =>
  line.split(BREAKS).map((part) => {
    if (!part.trim()) return part || ' ';
    const [head, ...names] = part.split(IN_NAMES);
    return h('span', { class: 'word' }, h('span', { class: 'indent' }, head), ...names.flatMap((name) => [h('wbr', {}), name]));
  });

export class Programs {
  /** @param {FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.left = h('section', { class: 'programs left' });
    this.right = h('section', { class: 'programs right' });
    /** @type {Map<number, HTMLElement[]>} lines of each program */
    this.lines = new Map();
    /** Lines that run, as they are marked. @type {Map<HTMLElement, { name: string, result: string }>} */
    this.marked = new Map();
  }

  /** Shows the sources of what was opened, each on the side of its lifeline. */
  opened() {
    this.lines.clear();
    this.marked.clear();
    /** @type {HTMLElement[][]} */
    const sides = [[], []];
    const seen = new Set();
    for (const program of this.player.about.programs) {
      const text = program.lines.join('\n');
      // Several runs of one program are shown once.
      const key = `${program.host} ${text}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const lines = program.lines.map((line, i) => {
        const item = h('li', { 'data-line': i + 1 }, h('code', {}, ...words(line)), h('span', { class: 'result' }));
        item.style.setProperty('--indent', String(Math.min(Math.max(0, line.search(/\S/)), 12)));
        return item;
      });
      this.lines.set(program.program, lines);
      // The last lifeline stands right, all others left of the ladder.
      sides[program.host === this.player.about.hosts.length - 1 ? 1 : 0].push(
        h('div', { class: 'program' }, h('h2', {}, program.name), h('ol', { tabindex: 0, 'aria-label': program.name }, ...lines)),
      );
    }
    this.left.replaceChildren(...sides[0]);
    this.right.replaceChildren(...sides[1]);
    this.left.classList.toggle('empty', sides[0].length === 0);
    this.right.classList.toggle('empty', sides[1].length === 0);
  }

  get any() {
    return this.lines.size > 0;
  }

  /** Marks the lines that run at the playhead; lines that stay as they are stay untouched. */
  follow() {
    const core = this.player.core;
    if (!core || !this.any) return;
    /** @type {Map<HTMLElement, { name: string, result: string }>} */
    const marked = new Map();
    for (const { program, line, blocked, failed, result } of /** @type {import('./types.d.ts').Running[]} */ (core.running(this.player.playhead))) {
      const element = this.lines.get(program)?.[line - 1];
      const told = failed ? this.player.word('fails-with', result) : result;
      if (element) marked.set(element, { name: blocked ? 'running blocked' : 'running', result: told });
    }
    for (const element of this.marked.keys()) if (!marked.has(element)) this.mark(element, '', '');
    for (const [element, { name, result }] of marked) {
      const before = this.marked.get(element);
      if (before?.name === name && before.result === result) continue;
      this.mark(element, name, result);
      if (!before) this.reveal(element);
    }
    this.marked = marked;
  }

  /**
   * @param {HTMLElement} line
   * @param {string} name the line's class; empty for one that does not run
   * @param {string} result
   */
  mark(line, name, result) {
    line.className = name;
    if (name) line.setAttribute('aria-current', 'step');
    else line.removeAttribute('aria-current');
    if (line.lastElementChild) line.lastElementChild.textContent = name && result ? `→ ${result}` : '';
  }

  /** @param {HTMLElement} line */
  reveal(line) {
    const list = line.parentElement;
    if (!list || list.scrollHeight <= list.clientHeight) return;
    const at = line.offsetTop - list.offsetTop;
    if (at < list.scrollTop || at > list.scrollTop + list.clientHeight - 24) list.scrollTop = at - list.clientHeight / 2;
  }
}

/** One sentence an event. It mirrors the pictures for keyboard and screen reader, and can be shown to all. */
export class Transcript {
  /** @param {FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.heading = h('h2', {});
    this.head = h('thead', {});
    this.body = h('tbody', {});
    this.table = h('table', {}, this.head, this.body);
    // What scrolls is reached by keys: by its sentences, once there are some.
    this.scroller = h('div', { class: 'sentences', tabindex: 0 }, this.table);
    this.element = h('section', { class: 'transcript' }, this.heading, this.scroller);
    this.first = -1;
    this.count = 0;
    this.current = 0;
    /** When the frame was there in which the playhead moved last. */
    this.followed = -Infinity;
    this.rest = 0;
    this.body.addEventListener('keydown', (event) => this.key(event));
    this.body.addEventListener('click', (event) => {
      const row = event.target instanceof Element ? event.target.closest('tr') : null;
      if (row) this.go(Number(row.dataset.number), false);
    });
  }

  translate() {
    const w = this.player.words;
    this.heading.textContent = w['transcript'];
    this.table.setAttribute('aria-label', w['transcript']);
    const columns = [w['time'], w['host'], w['event']];
    this.head.replaceChildren(h('tr', {}, ...columns.map((name) => h('th', { scope: 'col' }, name))));
    this.first = -1;
    this.follow();
  }

  /**
   * Shows the sentences around the playhead and marks the last one that is true. Where nobody sees the table, other sentences
   * come into it only when the playhead rests.
   */
  follow() {
    const { core, opening } = this.player;
    // What is only being opened has its figure first, and then its sentences.
    if (!core || opening) return;
    clearTimeout(this.rest);
    const last = Math.max(0, core.rowsUntil(this.player.playhead) - 1);
    const moves = performance.now() - this.followed < REST_MS;
    const waits = moves && !this.has(last) && this.first >= 0 && this.element.matches('.hidden-visually');
    // Counted from when the frame is there: where frames take long, the hand has not rested, and this would make them longer.
    requestAnimationFrame(() =>
      setTimeout(() => {
        this.followed = performance.now();
        clearTimeout(this.rest);
        if (waits) this.rest = setTimeout(() => this.rested(), REST_MS);
      }),
    );
    if (waits) return;
    this.show(last);
    this.mark(last);
  }

  rested() {
    this.followed = -Infinity;
    this.follow();
  }

  /** @param {number} number */
  has(number) {
    const inside = number >= this.first + 20 && number < this.first + this.count - 20;
    const near = number >= this.first && number < this.first + this.count;
    return inside || (this.first === 0 && this.count < WINDOW && near);
  }

  /** @param {number} number the sentence that must be among those in the document */
  show(number) {
    const core = this.player.core;
    if (!core || (this.first >= 0 && this.has(number))) return;
    const first = Math.max(0, number - WINDOW / 2);
    const rows = /** @type {Row[]} */ (core.rows(first, WINDOW, this.player.relative, this.player.lang)).filter((row) => row.position <= this.player.predict.horizon + 0.01);
    this.first = first;
    this.count = rows.length;
    this.table.setAttribute('aria-rowcount', String(this.player.rowCount + 1));
    this.body.replaceChildren(...rows.map((row) => this.row(row)));
    if (rows.length === 0) {
      this.body.replaceChildren(h('tr', {}, h('td', { colspan: 3 }, this.player.words['empty'])));
    }
  }

  /** @param {Row} row */
  row(row) {
    return h(
      'tr',
      {
        tabindex: -1,
        'aria-rowindex': row.number + 2,
        'data-number': row.number,
        'data-id': row.id,
        'data-position': row.position,
        'data-known': row.known,
      },
      h('td', { class: 'when' }, row.time),
      h('td', {}, row.host),
      h('td', {}, row.text),
    );
  }

  /** @param {number} number */
  mark(number) {
    this.scroller.tabIndex = 0;
    for (const row of this.body.rows) {
      const mine = Number(row.dataset.number) === number;
      row.tabIndex = mine ? 0 : -1;
      if (mine) this.scroller.removeAttribute('tabindex');
      if (mine) row.setAttribute('aria-current', 'true');
      else row.removeAttribute('aria-current');
      row.classList.toggle('future', Number(row.dataset.number) > number);
      if (mine && !this.element.matches('.hidden-visually')) this.reveal(row);
    }
    this.current = number;
  }

  /** @param {HTMLElement} row */
  reveal(row) {
    const top = row.offsetTop;
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop + 24 || top > scrollTop + clientHeight - 48) this.scroller.scrollTop = top - clientHeight / 2;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 });
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.go(this.current + step, true);
  }

  /**
   * Goes to a sentence: the playhead to its moment, the selection to what it speaks of.
   * @param {number} number
   * @param {boolean} focus
   */
  go(number, focus) {
    const to = Math.max(0, Math.min(this.player.rowCount - 1, number));
    this.show(to);
    const row = [...this.body.rows].find((r) => Number(r.dataset.number) === to);
    if (!row) return;
    this.player.seek(Number(row.dataset.position), true);
    this.player.select(Number(row.dataset.id));
    this.mark(to);
    if (focus) row.focus({ preventScroll: true });
  }
}

/** The variables of each endpoint at the playhead; what the last event changed is marked. */
export class Variables {
  /** @param {FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.heading = h('h2', {});
    this.sets = h('div', { class: 'sets', tabindex: 0, role: 'group' });
    this.element = h('section', { class: 'variables' }, this.heading, this.sets);
    /** Which variables are shown, and the cells of their values. */
    this.shape = '';
    /** @type {HTMLElement[]} */
    this.cells = [];
  }

  translate() {
    this.heading.textContent = this.player.words['variables'];
    this.sets.setAttribute('aria-label', this.player.words['variables']);
    this.shape = '';
    this.follow();
  }

  follow() {
    const { core, relative } = this.player;
    if (!core || this.element.hidden) return;
    const sets = /** @type {import('./types.d.ts').VariableSet[]} */ (
      core.variables(this.player.playhead, relative, this.player.lang)
    );
    const shape = sets.map((set) => [set.host, set.socket, ...set.variables.map((v) => v.name)].join(' ')).join('\n');
    // While the playhead runs the same endpoints have other values: only those are written.
    if (sets.length > 0 && shape === this.shape) return this.write(sets);
    this.shape = shape;
    if (sets.length === 0) {
      this.cells = [];
      this.sets.replaceChildren(h('p', { class: 'quiet' }, this.player.words['no-endpoint']));
      return;
    }
    this.cells = sets.flatMap((set) => set.variables.map((v) => h('td', {}, v.value)));
    let next = 0;
    this.sets.replaceChildren(
      ...sets.map((set) =>
        h(
          'table',
          {},
          h('caption', {}, `${set.host} ${set.socket}`),
          h('tbody', {}, ...set.variables.map((v) => h('tr', {}, h('th', { scope: 'row', title: v.source }, v.name), this.cells[next++]))),
        ),
      ),
    );
    this.write(sets);
  }

  /** Writes what is another than before. @param {import('./types.d.ts').VariableSet[]} sets */
  write(sets) {
    let next = 0;
    for (const set of sets) {
      for (const { value, changed } of set.variables) {
        const cell = this.cells[next++];
        if (cell.textContent !== value) cell.textContent = value;
        const row = cell.parentElement;
        if (row && row.classList.contains('changed') !== changed) row.classList.toggle('changed', changed);
      }
    }
  }
}
