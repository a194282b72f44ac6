// A canvas that shows a display list: sharp on every screen, repainted at most once a frame. The list is painted apart from what
// stands above it, and of the list only what the playhead's way has changed.

import { boxes, changed, hit } from './geometry.js';
import { paint } from './paint.js';

/** @typedef {import('./types.d.ts').DisplayList} DisplayList */

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

export class Picture {
  /**
   * @param {Host} host
   * @param {(ctx: CanvasRenderingContext2D, list: DisplayList) => void} [over] painted last, above everything
   */
  constructor(host, over) {
    this.host = host;
    this.over = over;
    this.canvas = document.createElement('canvas');
    this.canvas.setAttribute('aria-hidden', 'true');
    /** The list as it is painted, without what stands above it. */
    this.base = over ? document.createElement('canvas') : this.canvas;
    /** What was painted there last. @type {{ list: DisplayList, theme: import('./theme.js').Theme, playhead: number, horizon: number, lit: Set<number> } | undefined} */
    this.painted = undefined;
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

  /** Paints what is to be painted now, and not with the next frame: in pieces. */
  *paintDue() {
    if (!this.due || !this.list) return;
    this.paintList(this.list, this.canvas.width / (this.list.width || 1));
    yield;
    this.paintNow();
  }

  paintNow() {
    this.due = false;
    const ctx = this.canvas.getContext('2d');
    if (!ctx || !this.list) return;
    const ratio = this.canvas.width / (this.list.width || 1);
    this.paintList(this.list, ratio);
    if (!this.over) return;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (this.base.width && this.base.height) ctx.drawImage(this.base, 0, 0);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.over(ctx, this.list);
  }

  /**
   * Brings the base up to date.
   * @param {DisplayList} list
   * @param {number} ratio device pixels a unit
   */
  paintList(list, ratio) {
    const ctx = this.base.getContext('2d');
    if (!ctx) return;
    const now = { list, theme: this.host.theme(), playhead: this.host.playhead(), horizon: this.host.horizon(), lit: this.host.lit() };
    const { painted } = this;
    this.painted = now;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const dark = (/** @type {Set<number>} */ set) => set.size === 0;
    const same = painted?.list === list && painted.theme === now.theme && painted.horizon === now.horizon;
    if (!same || (painted.lit !== now.lit && !(dark(painted.lit) && dark(now.lit)))) {
      ctx.clearRect(0, 0, list.width, list.height);
      return paint(ctx, list, now.theme, now);
    }
    const all = (this.boxes ??= boxes(list));
    const box = changed(list, all, painted.playhead, now.playhead);
    if (!box) return;
    // Whole pixels, so that the border of what is painted anew is not to be seen.
    const left = Math.max(0, Math.floor(box[0] * ratio) / ratio);
    const top = Math.max(0, Math.floor(box[1] * ratio) / ratio);
    const right = Math.min(list.width, Math.ceil(box[2] * ratio) / ratio);
    const bottom = Math.min(list.height, Math.ceil(box[3] * ratio) / ratio);
    if (right <= left || bottom <= top) return;
    if ((right - left) * (bottom - top) > MUCH * list.width * list.height) {
      ctx.clearRect(0, 0, list.width, list.height);
      return paint(ctx, list, now.theme, now);
    }
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, right - left, bottom - top);
    ctx.clip();
    ctx.clearRect(left, top, right - left, bottom - top);
    paint(ctx, list, now.theme, now, (i) => all[4 * i] < right && all[4 * i + 2] > left && all[4 * i + 1] < bottom && all[4 * i + 3] > top);
    ctx.restore();
  }

  stop() {
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
  }
}
