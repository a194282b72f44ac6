// A button with a panel below it: for choices that need not be in sight.

import { h } from './dom.js';

export class Menu {
  /** @param {string} name a class for the whole */
  constructor(name) {
    this.button = h('button', { type: 'button', class: 'text-button', 'aria-expanded': 'false', click: () => this.toggle() });
    this.panel = h('div', { class: 'panel', hidden: true });
    this.element = h('div', { class: `menu ${name}` }, this.button, this.panel);
    this.element.addEventListener('keydown', (event) => this.key(event));
    this.element.addEventListener('focusout', (event) => {
      const to = event.relatedTarget;
      if (to instanceof Node && !this.element.contains(to)) this.close();
    });
    this.outside = (/** @type {Event} */ event) => {
      if (!event.composedPath().includes(this.element)) this.close();
    };
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  open() {
    this.panel.hidden = false;
    this.button.setAttribute('aria-expanded', 'true');
    document.addEventListener('pointerdown', this.outside, true);
    this.items()[0]?.focus();
  }

  close() {
    if (!this.isOpen) return;
    this.panel.hidden = true;
    this.button.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', this.outside, true);
  }

  /** @returns {HTMLElement[]} */
  items() {
    return [...this.panel.querySelectorAll('input, button')].filter(
      (item) => item instanceof HTMLElement && item.offsetParent !== null,
    ).map((item) => /** @type {HTMLElement} */ (item));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.isOpen) return;
    const items = this.items();
    const root = /** @type {ShadowRoot | Document} */ (this.element.getRootNode());
    const at = items.findIndex((item) => item === root.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === 'Escape') {
      this.close();
      this.button.focus();
    } else if (to !== undefined) {
      items.at(to % items.length)?.focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
