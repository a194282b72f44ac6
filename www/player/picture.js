// A canvas that shows a display list: sharp on every screen, repainted at most once a frame. The list is painted apart from what
// stands above it, and of the list only what the playhead's way has changed.

import { boxes, changed, hit } from './geometry.js';
import { paint } from './paint.js';

/** @typedef {import('./types.d.ts').DisplayList} DisplayList */
/** @typedef {import('./geometry.js').Box} Box */
/** What was painted last. @typedef {{ list: DisplayList, theme: import('./theme.js').Theme, playhead: number, horizon: number, lit: Set<number> }} Painted */

/**
 * @typedef {object} Host what a picture needs of the player
 * @property {() => import('./theme.js').Theme} theme
 * @property {() => number} playhead
 * @property {() => number} horizon
 * @property {() => boolean} [opening]
 * @property {() => Set<number>} lit
 * @property {(id: number) => void} point
 * @property {(id: number) => void} select
 */

/** Where more than this part of a picture has changed, all of it is painted anew. */
const MUCH = 0.7;

/**
 * The box around two.
 * @param {Box | undefined} a
 * @param {Box | undefined} b
 * @returns {Box | undefined}
 */
const join = (a, b) => (a && b ? [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])] : (a ?? b));

/**
 * A box in whole pixels of a canvas.
 * @param {Box} box
 * @param {number} ratio
 * @param {HTMLCanvasElement} canvas
 */
const pixels = ([left, top, right, bottom], ratio, { width, height }) => [
  Math.max(0, Math.floor(left * ratio)),
  Math.max(0, Math.floor(top * ratio)),
  Math.min(width, Math.ceil(right * ratio)),
  Math.min(height, Math.ceil(bottom * ratio)),
];

export class Picture {
  /**
   * @param {Host} host
   * @param {(ctx: CanvasRenderingContext2D, list: DisplayList) => Box | undefined} [over] painted last, above everything; gives where
   */
  constructor(host, over) {
    this.host = host;
    this.over = over;
    this.canvas = document.createElement('canvas');
    this.canvas.setAttribute('aria-hidden', 'true');
    /** The list as it is painted, without what stands above it. */
    this.base = over ? document.createElement('canvas') : this.canvas;
    /** @type {Painted | undefined} */
    this.painted = undefined;
    /** The base is not what was painted last: that stands on the canvas alone. */
    this.stale = true;
    /** Where something stands above it. @type {Box | undefined} */
    this.stood = undefined;
    /** The boxes of the list's marks. @type {Float32Array | undefined} */
    this.boxes = undefined;
    /** @type {DisplayList | undefined} */
    this.list = undefined;
    this.waiting = 0;
    /** Something is to be painted. */
    this.due = false;
    this.canvas.addEventListener('pointermove', (event) => {
      if (event.pointerType !== 'touch') this.host.point(this.at(event));
    });
    this.canvas.addEventListener('pointerleave', () => this.host.point(0));
    this.canvas.addEventListener('click', (event) => this.host.select(this.at(event)));
  }

  /** @param {PointerEvent | MouseEvent} event */
  at(event) {
    if (!this.list) return 0;
    const box = this.canvas.getBoundingClientRect();
    const scale = this.list.width / (box.width || 1);
    const reach = 'pointerType' in event && event.pointerType === 'touch' ? 22 : 8;
    const id = hit(this.list, (event.clientX - box.left) * scale, (event.clientY - box.top) * scale, reach, this.host.horizon());
    this.canvas.classList.toggle('pointing', id !== 0);
    return id;
  }

  /**
   * @param {DisplayList} list
   * @param {number} [room] where there is less room than the list is wide, it is shown smaller
   * @param {number} [tall] the same for its height, down to nine tenths
   */
  show(list, room = list.width, tall = list.height) {
    this.list = list;
    this.boxes = undefined;
    const small = Math.min(1, room / list.width, Math.max(0.9, tall / list.height));
    const zoom = /** @type {{ currentCSSZoom?: number }} */ (this.canvas).currentCSSZoom ?? 1;
    const ratio = (window.devicePixelRatio || 1) * small * zoom;
    const width = Math.round(list.width * ratio);
    const height = Math.round(list.height * ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = this.base.width = width;
      this.canvas.height = this.base.height = height;
      this.painted = undefined;
      this.canvas.style.width = `${list.width * small}px`;
      this.canvas.style.height = `${list.height * small}px`;
    }
    this.repaint();
  }

  /** Paints with the next frame; while all is opened only when it is asked to. */
  repaint() {
    this.due = true;
    if (this.waiting || this.host.opening?.()) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.paintNow();
    });
  }

  /** Paints now what is to be painted with the next frame. */
  paintDue() {
    if (this.due && this.list) this.paintNow();
  }

  paintNow() {
    this.due = false;
    const ctx = this.canvas.getContext('2d');
    const { list, painted, base, canvas } = this;
    if (!ctx || !list) return;
    const ratio = canvas.width / (list.width || 1);
    const now = { list, theme: this.host.theme(), playhead: this.host.playhead(), horizon: this.host.horizon(), lit: this.host.lit() };
    this.painted = now;
    const same =
      painted?.list === list && painted.theme === now.theme && painted.horizon === now.horizon && (painted.lit === now.lit || painted.lit.size + now.lit.size === 0);
    /** @type {Box} */
    const whole = [0, 0, list.width, list.height];
    const box = same ? changed(list, (this.boxes ??= boxes(list)), painted.playhead, now.playhead) : whole;
    const much = box && (box[2] - box[0]) * (box[3] - box[1]) > MUCH * list.width * list.height;
    if (much || !this.over) {
      // What is to be another with the next frame, too, needs no base to stand on.
      this.paintList(ctx, now, ratio, much ? whole : box);
      this.stale = true;
    } else {
      const on = base.getContext('2d');
      if (!on) return;
      this.paintList(on, now, ratio, this.stale ? whole : box);
      const [x, y, right, bottom] = pixels((this.stale ? whole : join(box, this.stood)) ?? [0, 0, 0, 0], ratio, canvas);
      this.stale = false;
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      if (right > x && bottom > y) {
        ctx.clearRect(x, y, right - x, bottom - y);
        ctx.drawImage(base, x, y, right - x, bottom - y, x, y, right - x, bottom - y);
      }
    }
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.stood = this.over?.(ctx, list);
  }

  /**
   * Paints what stands in a box; in none, nothing.
   * @param {CanvasRenderingContext2D} ctx
   * @param {Painted} now
   * @param {number} ratio device pixels a unit
   * @param {Box | undefined} box
   */
  paintList(ctx, now, ratio, box) {
    if (!box) return;
    const { list } = now;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    // Whole pixels, so that the border of what is painted anew is not to be seen.
    const [left, top, right, bottom] = pixels(box, ratio, this.canvas).map((at) => at / ratio);
    if (right <= left || bottom <= top) return;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, right - left, bottom - top);
    ctx.clip();
    ctx.clearRect(left, top, right - left, bottom - top);
    const all = this.boxes;
    paint(ctx, list, now.theme, now, all && ((i) => all[4 * i] < right && all[4 * i + 2] > left && all[4 * i + 1] < bottom && all[4 * i + 3] > top));
    ctx.restore();
  }

  stop() {
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
  }
}
