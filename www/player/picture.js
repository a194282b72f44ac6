// A canvas that shows a display list: sharp on every screen, repainted at most once a frame.

import { hit, paint } from './paint.js';

/** @typedef {import('./types.d.ts').DisplayList} DisplayList */

/**
 * @typedef {object} Host what a picture needs of the player
 * @property {() => import('./theme.js').Theme} theme
 * @property {() => number} playhead
 * @property {() => number} horizon
 * @property {() => Set<number>} lit
 * @property {(id: number) => void} point
 * @property {(id: number) => void} select
 */

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
    /** @type {DisplayList | undefined} */
    this.list = undefined;
    this.waiting = 0;
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
    const small = Math.min(1, room / list.width, Math.max(0.9, tall / list.height));
    const zoom = /** @type {{ currentCSSZoom?: number }} */ (this.canvas).currentCSSZoom ?? 1;
    const ratio = (window.devicePixelRatio || 1) * small * zoom;
    const width = Math.round(list.width * ratio);
    const height = Math.round(list.height * ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.canvas.style.width = `${list.width * small}px`;
      this.canvas.style.height = `${list.height * small}px`;
    }
    this.repaint();
  }

  /** Paints with the next frame. */
  repaint() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.paintNow();
    });
  }

  paintNow() {
    const ctx = this.canvas.getContext('2d');
    if (!ctx || !this.list) return;
    const ratio = this.canvas.width / (this.list.width || 1);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, this.list.width, this.list.height);
    const scene = { playhead: this.host.playhead(), horizon: this.host.horizon(), lit: this.host.lit() };
    paint(ctx, this.list, this.host.theme(), scene);
    this.over?.(ctx, this.list);
  }

  stop() {
    cancelAnimationFrame(this.waiting);
    this.waiting = 0;
  }
}
