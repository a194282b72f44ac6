// The ladder's view: a tall scrolling area of which only what is in sight is laid out and painted.

import { h } from './dom.js';
import { narrowRoom } from './look.js';
import { copyList } from './paint.js';
import { Picture } from './picture.js';

/** Height of the row of host names, and the air below it (src/view/ladder.rs). */
const HEAD = 34;
const LEAD = 12;
const FOOT = 12;
/** Tallest picture. */
const MOST = 6000;

/** A short figure grows to the room that there is, but not beyond so many times its height. */
const LARGEST = 2;
/** Nor for less than so many times. */
const ENOUGH = 1.2;

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */

export class LadderView {
  /** @param {FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.zoom = 1;
    /** Height of the axis at zoom 1. */
    this.height = 0;
    /** The room that it was laid out for. */
    this.room = 0;
    this.picture = new Picture(player.pictureHost, (ctx, list) => this.playhead(ctx, list));
    this.spacer = h('div', { class: 'spacer' }, this.picture.canvas);
    this.scroller = h('div', { class: 'scroller', tabindex: 0, role: 'group' }, this.spacer);
    this.element = h('section', { class: 'ladder' }, this.scroller);
    this.scroller.addEventListener('scroll', () => this.layout(), { passive: true });
    this.scroller.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    /** @type {Map<number, PointerEvent>} */
    this.fingers = new Map();
    for (const type of ['pointerdown', 'pointermove', 'pointerup', 'pointercancel']) {
      this.scroller.addEventListener(type, (event) => this.pinch(/** @type {PointerEvent} */ (event)));
    }
  }

  /** Lays the axis out anew for the present size. */
  fit() {
    const core = this.player.core;
    if (!core) return;
    const room = this.viewHeight();
    if (room < 40) return;
    this.room = room;
    // The playhead stays at its moment, and among what happens at once at its place.
    const { playhead, extent } = this.player;
    const time = core.nanos(playhead);
    const among = playhead - core.position(time);
    this.height = core.fit(room).height;
    // What is short is drawn larger, so that no half of the page stands empty.
    const { narrow, embed } = this.player;
    const free = narrow || embed.automatic ? 1 : (room - HEAD - LEAD - FOOT) / Math.max(this.height, 1);
    this.zoom = free > ENOUGH ? Math.min(free, LARGEST) : 1;
    this.player.extentChanged(this.height, playhead < extent - 0.01 ? core.position(time) + among : this.height);
    this.layout();
  }

  viewHeight() {
    // Hidden, it still gives time its axis.
    if (this.element.hidden) return 480;
    // In the narrow arrangement the ladder is as tall as it needs to be, and the page scrolls.
    return this.player.narrow ? narrowRoom(this.player) : this.scroller.clientHeight;
  }

  contentHeight() {
    return Math.ceil(this.height * this.zoom + HEAD + LEAD + FOOT);
  }

  layout() {
    const core = this.player.core;
    if (!core) return;
    // All that is asked comes before all that is set: the page is laid out once.
    const { clientWidth: width, clientHeight: seen, scrollTop } = this.scroller;
    if (width < 50) return;
    const { relative, lang, narrow } = this.player;
    const content = this.contentHeight();
    const grows = narrow && content <= 2400;
    this.scroller.classList.toggle('grows', grows);
    this.scroller.style.height = narrow ? `${grows ? content : Math.max(360, window.innerHeight * 0.72)}px` : '';
    // Only what has just been given another height is asked for it once more.
    const room = narrow && !grows ? this.scroller.clientHeight : seen;
    this.spacer.style.height = `${Math.max(content, grows ? 0 : room)}px`;
    const height = grows ? Math.min(content, MOST) : room;
    const top = grows ? 0 : Math.min(scrollTop, Math.max(0, content - room)) / this.zoom;
    this.picture.show(copyList(core.ladder(width, height, top, this.zoom, relative, lang)));
    this.top = top;
  }

  /** @param {number} position */
  y(position) {
    return HEAD + LEAD + (position - (this.top ?? 0)) * this.zoom;
  }

  /**
   * @param {CanvasRenderingContext2D} ctx
   * @param {import('./types.d.ts').DisplayList} list
   * @returns {import('./geometry.js').Box | undefined} where it stands
   */
  playhead(ctx, list) {
    const position = this.player.playhead;
    const { horizon } = this.player.predict;
    if (horizon < this.height) {
      // The axis, too, tells when something is to come.
      const from = Math.max(HEAD, this.y(horizon)) + 2;
      if (from < list.height) ctx.clearRect(0, from, list.width, list.height - from);
    }
    const hidden = horizon < this.height;
    const all = /** @type {import('./geometry.js').Box} */ ([0, 0, list.width, list.height]);
    if (position >= this.height - 0.01 || position < 0.01) return hidden ? all : undefined;
    const y = Math.round(this.y(position)) + 0.5;
    if (y < HEAD || y > list.height) return hidden ? all : undefined;
    const theme = this.player.theme;
    ctx.strokeStyle = theme.accent;
    ctx.fillStyle = theme.accent;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(0, y);
    ctx.lineTo(list.width, y);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(0, y - 5);
    ctx.lineTo(7, y);
    ctx.lineTo(0, y + 5);
    ctx.fill();
    return hidden ? all : [0, y - 6, list.width, y + 6];
  }

  /** Scrolls so that the playhead is in sight. */
  follow() {
    if (this.element.hidden) return;
    const y = this.y(this.player.playhead);
    if (this.scroller.classList.contains('grows')) {
      const stage = this.player.stage;
      const box = this.scroller.getBoundingClientRect();
      const { top } = stage.getBoundingClientRect();
      const at = box.top + y - top;
      // The ledger stands before the ladder's lower part.
      const below = this.player.ledger.element.getBoundingClientRect().top - top;
      const sight = below > 0 ? Math.min(stage.clientHeight, below) : stage.clientHeight;
      if (at < 60 || at > sight - 40) stage.scrollTop += at - sight * 0.5;
      return;
    }
    const height = this.scroller.clientHeight;
    if (y < HEAD + 20 || y > height - 30) {
      this.scroller.scrollTop = Math.max(0, this.player.playhead * this.zoom - height * 0.45);
    }
  }

  /**
   * Zooms by a factor, keeping what is at `y` (in the view) in its place.
   * @param {number} factor
   * @param {number} [y]
   */
  zoomBy(factor, y = this.scroller.clientHeight / 2) {
    const least = Math.min(1, (this.viewHeight() - HEAD - LEAD - FOOT) / Math.max(this.height, 1));
    const zoom = Math.min(64, Math.max(least, this.zoom * factor));
    const position = (this.scroller.scrollTop + y - HEAD - LEAD) / this.zoom;
    this.zoom = zoom;
    this.spacer.style.height = `${this.contentHeight()}px`;
    this.scroller.scrollTop = position * zoom + HEAD + LEAD - y;
    this.layout();
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = this.scroller.getBoundingClientRect();
    this.zoomBy(Math.exp(-event.deltaY / 240), event.clientY - box.top);
  }

  /** @param {PointerEvent} event */
  pinch(event) {
    if (event.pointerType !== 'touch') return;
    const spread = () => {
      const [a, b] = [...this.fingers.values()];
      return Math.abs(a.clientY - b.clientY) + Math.abs(a.clientX - b.clientX);
    };
    if (event.type === 'pointerup' || event.type === 'pointercancel') {
      this.fingers.delete(event.pointerId);
    } else if (event.type === 'pointerdown') {
      this.fingers.set(event.pointerId, event);
      this.spread = this.fingers.size === 2 ? spread() : 0;
    } else if (this.fingers.has(event.pointerId)) {
      this.fingers.set(event.pointerId, event);
      if (this.fingers.size === 2 && this.spread) {
        const now = spread();
        const box = this.scroller.getBoundingClientRect();
        this.zoomBy(now / this.spread, event.clientY - box.top);
        this.spread = now || this.spread;
      }
    }
  }
}
