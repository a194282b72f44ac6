// Which views are shown, and where each stands.

import { h } from './dom.js';
import { Menu } from './menu.js';

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */

/** The views by the names that the attribute `view` takes, with the words that name them. */
export const VIEWS = /** @type {const} */ ({
  ladder: 'ladder',
  bytes: 'ledger',
  programs: 'programs',
  inspector: 'inspector',
  states: 'machine',
  charts: 'charts',
  variables: 'variables',
  transcript: 'transcript',
});

/** @typedef {keyof typeof VIEWS} ViewName */

const NAMES = /** @type {ViewName[]} */ (Object.keys(VIEWS));

/** What is shown at first, by the view that a scenario is about. */
const FIRST = /** @type {Record<string, ViewName[]>} */ ({
  charts: ['ladder', 'charts', 'inspector'],
  states: ['ladder', 'states', 'bytes', 'inspector'],
});
const USUAL = /** @type {ViewName[]} */ (['ladder', 'bytes', 'programs', 'inspector']);

/** From this width on state machine and charts stand side by side. */
const WIDE = 1500;

export class Views {
  /** @param {FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    /** What the reader chose by hand; it stays from scenario to scenario. @type {Map<ViewName, boolean>} */
    this.chosen = new Map();
    this.menu = new Menu('views');
    this.legend = h('legend', {});
    /** @type {Map<ViewName, { box: HTMLInputElement, label: HTMLElement }>} */
    this.boxes = new Map();
    this.list = h('fieldset', {}, this.legend);
    for (const name of NAMES) {
      const box = h('input', { type: 'checkbox' });
      const label = h('span', {});
      box.addEventListener('change', () => this.choose(name, box.checked));
      this.boxes.set(name, { box, label });
      this.list.append(h('label', {}, box, label));
    }
    this.menu.panel.append(this.list);
  }

  /** @returns {Set<ViewName>} */
  get shown() {
    const asked = this.player.getAttribute('view')?.split(/[\s,]+/);
    const first = asked ? NAMES.filter((name) => asked.includes(name)) : (FIRST[this.player.info?.view ?? ''] ?? USUAL);
    return new Set(NAMES.filter((name) => (this.chosen.get(name) ?? first.includes(name)) && !(name === 'charts' && this.player.predict.asked)));
  }

  /**
   * @param {ViewName} name
   * @param {boolean} on
   */
  choose(name, on) {
    this.chosen.set(name, on);
    this.apply();
  }

  /** Forgets what was chosen by hand. */
  reset() {
    this.chosen.clear();
    this.apply();
  }

  translate() {
    const w = this.player.words;
    this.menu.button.textContent = `${w['views']} ▾`;
    this.legend.textContent = w['views'];
    for (const [name, { label }] of this.boxes) label.textContent = w[VIEWS[name]];
  }

  /** Shows and hides, and lays out. */
  apply() {
    const { player } = this;
    const shown = this.shown;
    const on = (/** @type {ViewName} */ name) => shown.has(name);
    for (const [name, { box }] of this.boxes) box.checked = on(name);
    player.ladder.element.hidden = !on('ladder');
    player.ledger.element.hidden = !on('bytes');
    player.states.element.hidden = !on('states');
    player.charts.element.hidden = !on('charts');
    player.inspector.element.hidden = !on('inspector');
    player.variables.element.hidden = !on('variables');
    // A screen reader has the transcript even where it is not in sight.
    player.transcript.element.classList.toggle('hidden-visually', !on('transcript'));
    player.frameElement.classList.toggle('with-programs', on('programs') && player.programs.any);
    player.frameElement.classList.toggle('without-inspector', !on('inspector'));
    player.frameElement.classList.toggle('alone', on('inspector') && shown.size === 1);
    player.stage.classList.toggle('only-text', !['ladder', 'bytes', 'states', 'charts'].some((name) => shown.has(/** @type {ViewName} */ (name))));
    this.place(shown);
    player.arrange();
    player.variables.follow();
    player.transcript.follow();
  }

  /** @param {Set<ViewName>} shown */
  place(shown) {
    const { player } = this;
    const on = (/** @type {ViewName} */ name) => shown.has(name);
    const left = on('programs') && !player.programs.left.classList.contains('empty');
    const right = on('programs') && !player.programs.right.classList.contains('empty');
    const sides = /** @type {ViewName[]} */ (['states', 'charts']).filter(on);
    /** @type {[areas: string[], width: string][]} the columns: their areas in the upper and the lower row */
    const columns = [];
    const lower = on('bytes');
    // Beside figures programs are narrow, without any they share the width; the ladder keeps enough to be read.
    const code = on('ladder') || sides.length ? 'minmax(150px, 196px)' : 'minmax(0, 1fr)';
    const least = sides.length && player.stage.clientWidth >= 980 ? '300px' : '0';
    if (left) columns.push([['left', 'bytes'], code]);
    if (on('ladder')) columns.push([['ladder', 'bytes'], `minmax(${least}, 1fr)`]);
    if (right) columns.push([['right', 'bytes'], code]);
    const stacked = on('ladder') && sides.length === 2 && player.stage.clientWidth < WIDE;
    const beside = !stacked ? sides.map((name) => [name, name]) : [['states', 'charts']];
    const room = on('ladder') ? 'minmax(372px, 44%)' : 'minmax(0, 1fr)';
    for (const areas of beside) columns.push([areas, room]);
    if (columns.length === 0) columns.push([[lower ? 'bytes' : 'variables', 'bytes'], 'minmax(0, 1fr)']);
    const rows = [columns.map(([areas]) => areas[0])];
    if (lower || beside.some(([upper, under]) => upper !== under)) rows.push(columns.map(([areas]) => areas[1]));
    // Without bytes the lower row belongs to what stands above it.
    const upper = rows[0];
    if (rows[1]) rows[1] = rows[1].map((area, i) => (area === 'bytes' && !lower ? upper[i] : area));
    const sizes = ['minmax(180px, 1fr)', rows.length > 1 ? (stacked ? 'minmax(200px, 1fr)' : 'auto') : ''];
    for (const name of /** @type {ViewName[]} */ (['variables', 'transcript'])) {
      if (rows[0].includes(name)) continue;
      rows.push(columns.map(() => name));
      sizes.push('auto');
    }
    const { style } = player.stage;
    style.gridTemplateAreas = rows.map((row) => `'${row.join(' ')}'`).join(' ');
    style.gridTemplateColumns = columns.map(([, width]) => width).join(' ');
    style.gridTemplateRows = sizes.filter(Boolean).join(' ');
  }
}
