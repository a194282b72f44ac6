// The byte ledger's view: the lanes, and what is said of the byte or range that is pointed at.

import { h, iconButton, relabel } from './dom.js';
import { copyList } from './paint.js';
import { Picture } from './picture.js';

/** A byte that fills this many pixels is large enough. */
const LARGEST = 60;
/** All connections are shown at first if they take no more than this height. */
const ROOMY = 260;
/** In the narrow arrangement the ledger's first lanes stay in sight, on this part of the stage. */
export const PEEK = 0.36;

export class LedgerView {
  /** @param {import('./element.js').FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    /** The connection whose streams are shown; -1 for all. */
    this.connection = -1;
    /** The octets of one stream that are shown, if not all: stream, first, count. */
    this.zoom = { stream: 0, first: 0, count: 0 };
    /** @type {{stream: number, offset: number} | undefined} the byte that is pointed at */
    this.octet = undefined;
    this.picture = new Picture(player.pictureHost, (ctx) => this.band(ctx));
    this.choice = h('select', { class: 'connection', change: () => this.choose() });
    this.heading = h('h2', {});
    this.caption = h('output', { class: 'octet' });
    this.zoomOut = iconButton('zoomOut', '', () => this.zoomBy(0.5));
    this.zoomIn = iconButton('zoomIn', '', () => this.zoomBy(2));
    this.zoomAll = iconButton('fit', '', () => this.zoomBy(0));
    this.zooms = h('span', { class: 'zooms' }, this.zoomOut, this.zoomIn, this.zoomAll);
    this.bar = h('div', { class: 'bar' }, this.heading, this.choice, h('span', { class: 'gap' }), this.caption, this.zooms);
    this.box = h('div', { class: 'lanes', tabindex: 0, role: 'group' }, this.picture.canvas);
    this.element = h('section', { class: 'ledger' }, this.bar, this.box);
    const { canvas } = this.picture;
    canvas.addEventListener('pointermove', (event) => this.pointAt(event));
    canvas.addEventListener('pointerdown', (event) => this.pointAt(event));
    canvas.addEventListener('pointerleave', () => this.pointOctet(undefined));
    this.box.addEventListener('keydown', (event) => this.key(event));
    this.box.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
  }

  choose() {
    this.connection = Number(this.choice.value);
    this.zoom.count = 0;
    this.layout();
  }

  /** Offers the connections of what was opened. */
  opened() {
    const { connections } = this.player.about;
    this.connection = connections.length > 4 ? 0 : -1;
    this.zoom = { stream: 0, first: 0, count: 0 };
    this.octet = undefined;
    this.all = h('option', { value: -1 }, '');
    this.choice.replaceChildren(this.all, ...connections.map((name, i) => h('option', { value: i }, name)));
    this.translate();
    this.choice.value = String(this.connection);
  }

  /** After the first drawing: several connections at once only where that stays small. */
  settle() {
    if (this.connection >= 0 || (this.picture.list?.height ?? 0) <= ROOMY) return;
    this.connection = 0;
    this.choice.value = '0';
    this.layout();
  }

  translate() {
    const words = this.player.words;
    this.heading.textContent = words['ledger'];
    this.box.setAttribute('aria-label', words['ledger']);
    this.choice.setAttribute('aria-label', words['connection']);
    if (this.all) this.all.textContent = words['all-connections'];
    const one = this.player.about.connections.length < 2;
    this.choice.hidden = one;
    this.bar.classList.toggle('lean', one);
    relabel(this.zoomOut, 'zoomOut', words['zoom-bytes-out']);
    relabel(this.zoomIn, 'zoomIn', words['zoom-bytes-in']);
    relabel(this.zoomAll, 'fit', words['whole-stream']);
  }

  layout() {
    const core = this.player.core;
    // Asking for a width lays the page out: not before there is something to draw.
    if (!core) return;
    const width = this.box.clientWidth;
    if (width < 50) return;
    const { stream, first, count } = this.zoom;
    const { lang } = this.player;
    this.picture.show(copyList(core.ledger(width, this.connection, stream, first, count, lang)));
    this.zooms.hidden = count === 0 && !core.squeezed();
    this.stay();
    this.tell();
  }

  /** How much of the ledger is always in sight in the narrow arrangement, where the ladder is scrolled behind it. */
  get peek() {
    return Math.min(this.element.offsetHeight, Math.round(this.player.stage.clientHeight * PEEK));
  }

  /** Lets what is more than that stand below the stage's edge. */
  stay() {
    const { narrow, embed } = this.player;
    const below = narrow && !embed.automatic ? `${this.peek - this.element.offsetHeight}px` : 'auto';
    this.element.style.setProperty('--fw-below', below);
  }

  // ── Pointing at bytes ──

  /** @param {PointerEvent} event */
  pointAt(event) {
    const { list, canvas } = this.picture;
    const core = this.player.core;
    if (!list || !core) return;
    const box = canvas.getBoundingClientRect();
    const scale = list.width / (box.width || 1);
    const found = core.octetAt((event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
    this.pointOctet(found && { stream: found[0], offset: found[1] });
  }

  /** @param {{stream: number, offset: number} | undefined} octet */
  pointOctet(octet) {
    if (octet?.stream === this.octet?.stream && octet?.offset === this.octet?.offset) return;
    this.octet = octet;
    this.player.relight();
    this.tell();
  }

  /** What lights up with the byte that is pointed at. */
  carriers() {
    const core = this.player.core;
    return core && this.octet ? core.carriers(this.octet.stream, this.octet.offset) : [];
  }

  /** Says what is pointed at, else what is selected. */
  tell() {
    const { core, selected, pointed, lang } = this.player;
    if (!core) return;
    const { stream, offset } = this.octet ?? { stream: 0, offset: 0 };
    const id = this.octet ? 0 : pointed || selected;
    this.caption.textContent = this.octet || id ? core.octetText(id, stream, offset, lang) : '';
  }

  /**
   * A band through all lanes: the byte that is pointed at, or the bytes of what is pointed at or selected elsewhere.
   * @param {CanvasRenderingContext2D} ctx
   * @returns {import('./geometry.js').Box | undefined} where it stands
   */
  band(ctx) {
    const { core, selected, pointed, theme } = this.player;
    if (!core) return undefined;
    const { stream, offset } = this.octet ?? { stream: 0, offset: 0 };
    const id = this.octet ? 0 : pointed || selected;
    const band = this.octet || id ? core.band(id, stream, offset) : undefined;
    if (!band) return undefined;
    const [x, y, w, height] = band;
    ctx.strokeStyle = theme.accent;
    ctx.lineWidth = 1.5;
    ctx.strokeRect(x - 0.5, y, w + 1, height);
    return [x - 2, y - 2, x + w + 2, y + height + 2];
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const factor = { '+': 2, '-': 0.5, '=': 0 }[event.key];
    const core = this.player.core;
    if (!core || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey !== (event.key === '+' && event.shiftKey)) return;
    if (step !== undefined) {
      const streams = core.streams();
      const stream = this.octet?.stream ?? streams[0];
      if (stream === undefined) return;
      const last = streams[2 * this.placeOf(streams, stream) + 1] - 1;
      const next = this.octet ? this.octet.offset + step : 0;
      this.pointOctet({ stream, offset: Math.max(0, Math.min(last, next)) });
      this.reveal();
    } else if (factor !== undefined) {
      this.zoomBy(factor);
    } else {
      return;
    }
    event.preventDefault();
  }

  // ── Zooming into bytes ──

  /**
   * Shows fewer or more bytes of a stream around the one that is pointed at; 0 shows all.
   * @param {number} factor
   */
  zoomBy(factor) {
    const core = this.player.core;
    const streams = core?.streams() ?? [];
    if (streams.length === 0) return;
    // The one that is pointed at, else the one that is zoomed, else the longest.
    let stream = this.octet?.stream ?? (this.zoom.count ? this.zoom.stream : -1);
    let at = this.placeOf(streams, stream);
    if (at < 0) {
      at = 0;
      for (let i = 0; i < streams.length / 2; i++) if (streams[2 * i + 1] > streams[2 * at + 1]) at = i;
      stream = streams[2 * at];
    }
    const len = streams[2 * at + 1];
    const now = this.zoom.count && this.zoom.stream === stream ? this.zoom : { first: 0, count: len };
    const least = Math.max(1, Math.floor(this.box.clientWidth / LARGEST));
    const count = factor === 0 ? len : Math.max(Math.min(least, len), Math.round(now.count / factor));
    const middle = this.octet?.offset ?? now.first + now.count / 2;
    const part = now.count ? (middle - now.first) / now.count : 0.5;
    const first = Math.max(0, Math.min(len - count, Math.round(middle - part * count)));
    this.zoom = count >= len ? { stream, first: 0, count: 0 } : { stream, first, count };
    this.layout();
  }

  /**
   * Which of the pairs (stream, length) is `stream`; -1 for none.
   * @param {ArrayLike<number>} streams
   * @param {number} stream
   */
  placeOf(streams, stream) {
    for (let i = 0; 2 * i < streams.length; i++) if (streams[2 * i] === stream) return i;
    return -1;
  }

  /** Keeps the byte that is pointed at in sight. */
  reveal() {
    const { zoom, octet } = this;
    if (!zoom.count || !octet || octet.stream !== zoom.stream) return;
    const first = Math.min(octet.offset, Math.max(zoom.first, octet.offset - zoom.count + 1));
    if (first === zoom.first) return;
    zoom.first = first;
    this.layout();
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.zoomBy(Math.exp(-event.deltaY / 240));
    } else if (this.zoom.count && (event.deltaX !== 0 || event.shiftKey)) {
      event.preventDefault();
      const moved = ((event.deltaX || event.deltaY) / this.box.clientWidth) * this.zoom.count;
      const step = Math.sign(moved) * Math.max(1, Math.round(Math.abs(moved)));
      const streams = this.player.core?.streams() ?? [];
      const len = streams[2 * this.placeOf(streams, this.zoom.stream) + 1] ?? 0;
      this.zoom.first = Math.max(0, Math.min(len - this.zoom.count, this.zoom.first + step));
      this.layout();
    }
  }
}
