// The player as a guest in somebody's page: it wakes when it is scrolled to, runs only while it is seen, takes the room
// it is given (or asks for what it needs), and leaves the page's own fallback picture to print and to pages without scripts.

import { h, sharedSheet } from './dom.js';
import { run } from './time.js';

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */

/** A player this near to the screen gets ready. */
const NEAR = '300px 0px';
/** The tallest that `height="auto"` becomes, in CSS pixels; longer conversations scroll. */
const TALLEST = 900;
/** What the ladder needs beside its axis (head, lead and foot: see ladder.js). */
const AROUND_AXIS = 58;
/** Room of the ladder in the narrow arrangement when the height follows the content. */
export const NARROW_ROOM = 360;

const css = `
:host { height: 480px; position: relative; }
.fallback { position: absolute; inset: 0; overflow: hidden; background: var(--fw-paper); z-index: 1; }
.fallback:not(.given), :host([data-state='ready']) .fallback { display: none; }
:host([data-state='failed']) .fallback { position: static; }
:host([data-state='failed']) .with-fallback { height: auto; }
:host([data-state='failed']) .with-fallback > :not(.notice) { display: none; }
::slotted(img), ::slotted(svg), ::slotted(picture) { max-width: 100%; max-height: 100%; height: auto; }
.asleep { display: none; }
.player:not([data-controls='full']) { border: 1px solid var(--fw-line); border-radius: 4px; position: relative; overflow: hidden; }
.player:not([data-controls='full']) header { border: 0; padding-top: 6px; }
.player:not([data-controls='full']) header .bar { display: none; }
.player:not([data-controls='full']) h1 { font-size: 14px; }
.player:not([data-controls='full']) .body { grid-template-columns: minmax(0, 1fr); position: relative; }
.player:not([data-controls='full'], .narrow) .inspector { position: absolute; right: 0; top: 0; bottom: 0; width: min(292px, 90%); }
.player:not([data-controls='full']) .inspector.empty { display: none; }
[data-controls='minimal'] .more > :not(.speed, .loop) { display: none; }
[data-controls='minimal'] .brand { display: none; }
[data-controls='none'] header, [data-controls='none'] footer { display: none; }
@media print {
  :host { height: auto; contain: none; }
  .with-fallback { display: none !important; }
  .fallback.given { display: block !important; position: static; }
}
`;

const sheet = sharedSheet(css);

/** @type {Map<Element, Embed>} the players that stand in a document */
const guests = new Map();

/**
 * One observer for all players.
 * @param {(guest: Embed, seen: boolean) => void} tell
 * @param {string} rootMargin
 */
function watcher(tell, rootMargin) {
  /** @type {IntersectionObserver | undefined} */
  let made;
  return () =>
    (made ??= new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const guest = guests.get(target);
          if (guest) tell(guest, isIntersecting);
        }
      },
      { rootMargin },
    ));
}

const near = watcher((guest, seen) => {
  if (seen) guest.approached();
}, NEAR);
const onScreen = watcher((guest, seen) => guest.see(seen), '0px');

export class Embed {
  /** @param {FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.room = new CSSStyleSheet();
    this.slot = document.createElement('slot');
    this.fallback = h('div', { class: 'fallback' }, this.slot);
    this.slot.addEventListener('slotchange', () => this.fallbackChanged());
    /** Is any part of the player on the screen? */
    this.seen = false;
    this.awake = false;
    /** play() was called before there was anything to play. */
    this.eager = false;
    this.measured = '';
    const root = player.shadowRoot;
    if (root) {
      root.adoptedStyleSheets.push(sheet(), this.room);
      root.append(this.fallback);
    }
  }

  // ── Coming and going ──

  connected() {
    guests.set(this.player, this);
    this.player.frameElement.classList.add('asleep');
    this.arrangeControls();
    this.applyHeight();
    near().observe(this.player);
    onScreen().observe(this.player);
  }

  disconnected() {
    guests.delete(this.player);
    near().unobserve(this.player);
    onScreen().unobserve(this.player);
    this.awake = false;
    this.seen = false;
    delete this.player.dataset.state;
  }

  /** Comes near to the screen (or is asked to play): now it is worth loading. */
  approached() {
    if (this.awake || !this.player.isConnected) return;
    this.awake = true;
    near().unobserve(this.player);
    void this.player.wake();
  }

  /** @param {boolean} seen */
  see(seen) {
    this.seen = seen;
    const { player } = this;
    if (player.paused) return;
    cancelAnimationFrame(player.frame);
    if (seen) run(player);
  }

  // ── What is shown of it ──

  /** `none`, `minimal` or `full`. */
  get controls() {
    const asked = this.player.getAttribute('controls');
    return asked === 'full' || asked === 'none' ? asked : 'minimal';
  }

  /** The arrangement for a page of its own, or for a figure among others: then there is one `main`, and it is the page's. */
  arrangeControls() {
    const { player, controls } = this;
    const full = controls === 'full';
    player.frameElement.dataset.controls = controls;
    if (!player.assembled) return;
    if (full) {
      player.frameElement.removeAttribute('role');
      player.stage.setAttribute('role', 'main');
      player.header.title.removeAttribute('aria-level');
    } else {
      player.frameElement.setAttribute('role', 'region');
      player.stage.removeAttribute('role');
      player.header.title.setAttribute('aria-level', '3');
    }
    this.name();
  }

  /** Names the figure for screen readers. */
  name() {
    const { player, controls } = this;
    if (controls === 'full') player.frameElement.removeAttribute('aria-label');
    else player.frameElement.setAttribute('aria-label', player.info?.title || 'framewire');
  }

  fallbackChanged() {
    const given = this.slot.assignedElements().some((child) => !(child instanceof HTMLScriptElement));
    this.fallback.classList.toggle('given', given);
    this.player.frameElement.classList.toggle('with-fallback', given);
  }

  // ── What is opened ──

  /** The scenario that stands inside the element, as text. */
  inline() {
    const child = [...this.player.children].find(
      (element) => element instanceof HTMLScriptElement && element.type === 'application/json',
    );
    return child?.textContent?.trim() ? child.textContent : undefined;
  }

  /** A conversation was opened: the playhead goes where the page wants it. */
  opened() {
    const { player } = this;
    this.name();
    const start = this.at('start');
    const wants = player.hasAttribute('autoplay') && !player.still.matches;
    player.playhead = start ?? this.at('end') ?? player.extent;
    if (wants || this.eager) {
      player.playhead = this.from();
      queueMicrotask(() => void player.play());
    }
    this.eager = false;
    this.measured = '';
    this.arranged();
  }

  // ── Which part is played ──

  /**
   * A moment given as an attribute, in seconds, as a position.
   * @param {'start' | 'end'} name
   */
  at(name) {
    const { core } = this.player;
    const seconds = Number.parseFloat(this.player.getAttribute(name) ?? '');
    if (!core || !Number.isFinite(seconds) || seconds < 0) return undefined;
    return Math.min(this.player.extent, core.position(seconds * 1e9));
  }

  /** Where playing begins. */
  from() {
    return this.at('start') ?? 0;
  }

  /** Where playing stops that goes on from the playhead: at `end`, unless the reader has gone beyond it. */
  until() {
    const end = this.at('end');
    return end !== undefined && this.player.playhead < end - 0.01 ? end : this.player.extent;
  }

  /** Is the playhead where playing stopped? Then playing begins anew. */
  get finished() {
    const { playhead, extent } = this.player;
    const end = this.at('end');
    return playhead >= extent - 0.01 || (end !== undefined && Math.abs(playhead - end) < 0.02);
  }

  // ── Its height ──

  get automatic() {
    return this.player.getAttribute('height') === 'auto';
  }

  applyHeight() {
    const asked = this.player.getAttribute('height')?.trim() ?? '';
    const value = /^\d+(\.\d+)?$/.test(asked) ? `${asked}px` : asked;
    if (this.automatic) {
      this.measured = '';
      this.arranged();
    } else {
      this.room.replaceSync(value && CSS.supports('height', value) ? `:host { height: ${value}; min-height: 0; }` : '');
    }
  }

  /** The views were arranged: with `height="auto"` the player becomes as tall as they need. */
  arranged() {
    if (!this.automatic || !this.player.core) return;
    const { frameElement, ledger, stage } = this.player;
    const now = [frameElement.clientWidth, ledger.element.scrollHeight, stage.className, frameElement.className].join();
    if (now === this.measured) return;
    this.measured = now;
    const height = this.naturalHeight();
    if (height) this.room.replaceSync(`:host { height: ${height}px; }`);
  }

  /** How tall the player would like to be at its present width, in CSS pixels; 0 as long as nothing is open. */
  naturalHeight() {
    const { player } = this;
    const { core, frameElement: frame, stage, ladder, ledger, programs } = player;
    if (!core || frame.clientWidth === 0) return 0;
    if (player.narrow) {
      const bottom = Math.max(0, ...[...stage.children].map((view) => (view instanceof HTMLElement ? view.offsetTop + view.offsetHeight : 0)));
      return Math.min(TALLEST, Math.ceil(frame.offsetHeight - stage.clientHeight + bottom));
    }
    const axis = core.fit(1).height + AROUND_AXIS;
    if (ladder.room) core.fit(ladder.room);
    ladder.fit();
    const sources = [programs.left, programs.right].map((side) =>
      Math.max(0, ...[...side.children].map((child) => (child instanceof HTMLElement ? child.offsetTop + child.offsetHeight - side.offsetTop : 0))),
    );
    const hidden = Math.max(0, ledger.element.scrollHeight - ledger.element.clientHeight);
    const shown = ladder.scroller.clientHeight;
    const wanted = shown > 0 ? Math.max(180, axis, ...sources) : 0;
    // Squeezed below its least height, the ladder is cut off.
    const squeezed = Math.max(0, stage.scrollHeight - stage.clientHeight);
    return Math.min(TALLEST, Math.ceil(frame.offsetHeight - shown + squeezed + wanted + hidden + 2));
  }
}
