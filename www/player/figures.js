// The state machine and the charts: pictures with a choice of connection or direction, and the same in words.

import { h, iconButton, relabel } from './dom.js';
import { copyList } from './paint.js';
import { Picture } from './picture.js';

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */
/** @typedef {import('./types.d.ts').DisplayList} DisplayList */

/** A display list's mark that clips. */
const CLIP = 7;
/** How much of the picture behind the playhead shows. */
const VEIL = 0.72;

/**
 * @param {number} from
 * @param {number} until
 * @returns {[from: number, until: number]}
 */
const span = (from, until) => [from, until];

/** RFC 9293's figure with both ends' states at the playhead. */
export class StatesView {
  /** @param {FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.connection = 0;
    this.picture = new Picture(player.pictureHost);
    this.heading = h('h2', {});
    this.choice = h('select', { class: 'connection', change: () => this.choose() });
    this.box = h('div', { class: 'figure-box', tabindex: 0, role: 'img' }, this.picture.canvas);
    this.element = h('section', { class: 'states' }, h('div', { class: 'bar' }, this.heading, this.choice), this.box);
  }

  choose() {
    this.connection = Number(this.choice.value);
    this.layout();
  }

  opened() {
    const { connections } = this.player.about;
    this.connection = Math.max(0, connections.findIndex((name) => name.startsWith('TCP')));
    this.choice.replaceChildren(...connections.map((name, i) => h('option', { value: i }, name)));
    this.choice.value = String(this.connection);
    this.choice.hidden = connections.length < 2;
  }

  translate() {
    const w = this.player.words;
    this.heading.textContent = w['machine'];
    this.choice.setAttribute('aria-label', w['connection']);
    this.layout();
  }

  layout() {
    const { core, playhead, lang } = this.player;
    if (!core || this.element.hidden) return;
    const width = this.box.clientWidth;
    if (width < 50) return;
    this.picture.show(copyList(core.machine(width, this.connection, playhead, lang)), width, this.player.narrow ? undefined : this.box.clientHeight);
    const told = core.machineTold(this.connection, playhead, lang).join(' ');
    const label = `${this.player.words['machine']}. ${told}`;
    if (this.box.getAttribute('aria-label') !== label) this.box.setAttribute('aria-label', label);
  }

  follow() {
    this.layout();
  }
}

/** Charts of one direction over time. */
export class ChartsView {
  /** @param {FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.stream = 0;
    /** What is in sight, and all there is: from and until in nanoseconds. */
    this.sight = span(0, 1);
    this.whole = span(0, 1);
    /** The time that is pointed at. */
    this.at = -1;
    this.picture = new Picture(player.pictureHost, (ctx, list) => this.over(ctx, list));
    this.heading = h('h2', {});
    this.choice = h('select', { class: 'connection', change: () => this.choose() });
    this.zoomOut = iconButton('zoomOut', '', () => this.zoom(1.5));
    this.zoomIn = iconButton('zoomIn', '', () => this.zoom(1 / 1.5));
    this.fit = iconButton('fit', '', () => this.show(...this.whole));
    this.box = h('div', { class: 'figure-box', tabindex: 0, role: 'img' }, this.picture.canvas);
    this.values = h('dl', {});
    this.readout = h('div', { class: 'values', tabindex: 0, role: 'group' }, this.values);
    this.element = h(
      'section',
      { class: 'charts' },
      h('div', { class: 'bar' }, this.heading, this.choice, h('span', { class: 'gap' }), this.zoomOut, this.zoomIn, this.fit),
      this.readout,
      this.box,
    );
    this.box.addEventListener('keydown', (event) => this.key(event));
    this.box.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    const { canvas } = this.picture;
    canvas.addEventListener('pointermove', (event) => this.point(event));
    canvas.addEventListener('pointerleave', () => this.tell(-1));
    canvas.addEventListener('click', (event) => {
      if (this.dragged) return;
      // A click beside everything that could be selected brings the playhead there.
      if (this.picture.at(event) === 0) this.seek(this.time(event));
    });
    for (const type of ['pointerdown', 'pointermove', 'pointerup', 'pointercancel']) {
      canvas.addEventListener(type, (event) => this.drag(/** @type {PointerEvent} */ (event)));
    }
    /** @type {Map<number, number>} where each finger is, as a time, and where it touched */
    this.fingers = new Map();
  }

  choose() {
    this.open(Number(this.choice.value));
  }

  opened() {
    const { core, about } = this.player;
    if (!core) return;
    // Each connection has two directions.
    const names = about.connections.flatMap((name) => {
      const [, kind, there, back] = /^(\S+) (.*) → (.*)$/.exec(name) ?? ['', '', name, ''];
      return [name, `${kind} ${back} → ${there}`];
    });
    this.choice.replaceChildren(...names.map((name, i) => h('option', { value: i }, name)));
    this.choice.hidden = names.length === 0;
    this.open(undefined);
  }

  /** @param {number | undefined} stream the one with the most bytes, if none is asked for */
  open(stream) {
    const { core } = this.player;
    if (!core) return;
    const [chosen, from, until] = core.chartRange(stream);
    this.stream = chosen;
    this.choice.value = String(chosen);
    this.whole = span(from, until);
    this.show(from, until);
  }

  /**
   * @param {number} from
   * @param {number} until
   */
  show(from, until) {
    const [first, last] = this.whole;
    const length = Math.min(Math.max(until - from, 1000), last - first);
    const start = Math.min(Math.max(from, first), last - length);
    this.sight = span(start, start + length);
    this.layout();
  }

  /**
   * @param {number} factor
   * @param {number} [around]
   */
  zoom(factor, around = this.now()) {
    const [from, until] = this.sight;
    const middle = around >= from && around <= until ? around : (from + until) / 2;
    this.show(middle - (middle - from) * factor, middle + (until - middle) * factor);
  }

  now() {
    return this.player.core?.nanos(this.player.playhead) ?? 0;
  }

  /** @param {number} nanos */
  seek(nanos) {
    const { core } = this.player;
    if (core && nanos >= 0) this.player.seek(core.position(nanos), true);
  }

  translate() {
    const w = this.player.words;
    this.heading.textContent = w['charts'];
    this.choice.setAttribute('aria-label', w['direction']);
    relabel(this.zoomOut, 'zoomOut', w['zoom-out']);
    relabel(this.zoomIn, 'zoomIn', w['zoom-in']);
    relabel(this.fit, 'fit', w['zoom-fit']);
    this.box.setAttribute('aria-label', w['charts']);
    this.readout.setAttribute('aria-label', w['values']);
    this.layout();
  }

  layout() {
    const { core, lang } = this.player;
    if (!core || this.element.hidden) return;
    const width = this.box.clientWidth;
    if (width < 50) return;
    this.picture.show(copyList(core.charts(width, this.stream, this.sight[0], this.sight[1], lang)), width);
    this.tell(-1);
  }

  follow() {
    if (this.element.hidden) return;
    this.picture.repaint();
    this.tell(-1);
  }

  /**
   * Writes the values at a time; at the playhead's, if nothing is pointed at.
   * @param {number} at
   */
  tell(at) {
    this.at = at;
    if (this.telling) return;
    this.telling = requestAnimationFrame(() => {
      this.telling = 0;
      const { core, lang } = this.player;
      if (!core || this.element.hidden) return;
      const time = this.at < 0 ? this.now() : this.at;
      const values = core.chartValues(this.stream, time, lang);
      const when = h('div', { class: 'when' }, h('dt', {}, this.player.word('at-time', core.timeText(core.position(time), lang))), h('dd', {}));
      const rows = [when];
      for (let i = 0; i + 1 < values.length; i += 2) {
        rows.push(h('div', {}, h('dt', {}, values[i]), h('dd', {}, values[i + 1])));
      }
      this.values.replaceChildren(...rows);
      this.picture.repaint();
    });
  }

  /**
   * The panels' rectangles: x, y, width, height of each.
   * @param {DisplayList} list
   */
  panels(list) {
    const out = [];
    for (let i = 0; i < list.kind.length; i++) {
      if (list.kind[i] !== CLIP) continue;
      const p = list.points.subarray(list.start[i], list.start[i + 1]);
      if (p[2] > 0) out.push(p);
    }
    return out;
  }

  /**
   * Veils what is to come, and draws the playhead.
   * @param {CanvasRenderingContext2D} ctx
   * @param {DisplayList} list
   * @returns {import('./geometry.js').Box}
   */
  over(ctx, list) {
    const { theme, playhead, extent } = this.player;
    const [from, until] = this.sight;
    const place = (/** @type {number} */ time) => (time - from) / (until - from);
    for (const [x, y, width, height] of this.panels(list)) {
      const part = Math.min(1, Math.max(0, place(this.now())));
      if (playhead < extent - 0.01) {
        ctx.globalAlpha = VEIL;
        ctx.fillStyle = theme.paper;
        ctx.fillRect(x + width * part, y, width * (1 - part) + 1, height);
        ctx.globalAlpha = 1;
        this.line(ctx, x + width * part, y, height, theme.accent);
      }
      const pointed = place(this.at);
      if (this.at >= 0 && pointed >= 0 && pointed <= 1) this.line(ctx, x + width * pointed, y, height, theme.roles[1]);
    }
    return [0, 0, list.width, list.height];
  }

  /**
   * @param {CanvasRenderingContext2D} ctx
   * @param {number} x
   * @param {number} y
   * @param {number} height
   * @param {string} colour
   */
  line(ctx, x, y, height, colour) {
    ctx.fillStyle = colour;
    ctx.fillRect(Math.round(x), y, 1, height);
  }

  /**
   * The time under the pointer; -1 beside the panels.
   * @param {MouseEvent} event
   */
  time(event) {
    const { list, canvas } = this.picture;
    const panel = list && this.panels(list)[0];
    if (!list || !panel) return -1;
    const box = canvas.getBoundingClientRect();
    const part = (((event.clientX - box.left) * list.width) / (box.width || 1) - panel[0]) / panel[2];
    return part < -0.02 || part > 1.02 ? -1 : this.sight[0] + Math.min(1, Math.max(0, part)) * (this.sight[1] - this.sight[0]);
  }

  /** @param {PointerEvent} event */
  point(event) {
    if (event.pointerType !== 'touch') this.tell(this.time(event));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const factor = { '+': 1 / 1.5, '-': 1.5, '=': 0 }[event.key];
    if (factor === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (factor) this.zoom(factor);
    else this.show(...this.whole);
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    const [from, until] = this.sight;
    if (event.ctrlKey || event.metaKey) this.zoom(Math.exp(event.deltaY / 240), this.time(event));
    else if (event.deltaX) this.show(from + (event.deltaX / 500) * (until - from), until + (event.deltaX / 500) * (until - from));
    else return;
    event.preventDefault();
  }

  /**
   * One finger (or the pressed pointer) pans, two zoom: what they touched stays under them.
   * @param {PointerEvent} event
   */
  drag(event) {
    if (event.type === 'pointerup' || event.type === 'pointercancel') {
      this.fingers.delete(event.pointerId);
      return;
    }
    const time = this.time(event);
    if (event.type === 'pointerdown') {
      this.dragged = false;
      this.fingers.set(event.pointerId, time);
      return;
    }
    const held = this.fingers.get(event.pointerId);
    if (held === undefined || time < 0 || (event.pointerType !== 'touch' && event.buttons === 0)) return;
    const [from, until] = this.sight;
    if (Math.abs(held - time) > (until - from) / 200) this.dragged = true;
    const others = [...this.fingers].filter(([id]) => id !== event.pointerId);
    if (others.length === 0) {
      this.show(from + held - time, until + held - time);
    } else {
      const [, fixed] = others[0];
      const factor = Math.min(4, Math.max(0.25, (held - fixed) / (time - fixed || 1)));
      if (factor > 0) this.show(fixed - (fixed - from) * factor, fixed + (until - fixed) * factor);
    }
  }
}
