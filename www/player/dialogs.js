// The dialogs and the live view, made when they are first asked for: a page that only shows a figure does without them.

import { Connections } from './connections.js';
import { dialogSheet } from './dialog.js';
import { h } from './dom.js';
import { Export } from './export.js';
import { Framing, framingSheet } from './framing.js';
import { Help } from './keys.js';
import { Live, liveSheet } from './live.js';
import { Share } from './share.js';
import { State } from './state.js';

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */

export class Dialogs extends State {
  /**
   * What somebody has asked for.
   * @type {{ help?: Help, framing?: Framing, connections?: Connections, export?: Export, share?: Share, live?: Live }}
   */
  made = {};
  /** The player's frame. */
  frameElement = h('div', { class: 'player' });

  /** No other class is built on this one. */
  get player() {
    return /** @type {FramewirePlayer} */ (/** @type {unknown} */ (this));
  }

  get help() {
    return (this.made.help ??= this.late(new Help(this.player)));
  }

  get framing() {
    return (this.made.framing ??= this.late(new Framing(this.player), framingSheet));
  }

  get connections() {
    return (this.made.connections ??= this.late(new Connections(this.player), dialogSheet));
  }

  get export() {
    return (this.made.export ??= this.late(new Export(this.player), dialogSheet));
  }

  get share() {
    return (this.made.share ??= this.late(new Share(this.player), dialogSheet));
  }

  get live() {
    return (this.made.live ??= this.late(new Live(this.player), liveSheet));
  }

  /**
   * Puts a dialog into the page, in the reader's language.
   * @template {{ element: HTMLElement, translate(): void }} Part
   * @param {Part} part
   * @param {() => CSSStyleSheet} [css]
   */
  late(part, css) {
    if (css) this.adopt(css);
    this.frameElement.append(part.element);
    if (this.loaded) part.translate();
    return part;
  }

  /** Takes a style sheet of what is shown now and then. @param {() => CSSStyleSheet} css */
  adopt(css) {
    const sheets = this.shadowRoot?.adoptedStyleSheets;
    if (sheets && !sheets.includes(css())) sheets.push(css());
  }
}
