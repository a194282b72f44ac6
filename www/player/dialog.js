// A dialog with a heading and a button that closes it; a click beside it closes it, too.

import { h, iconButton, relabel, sharedSheet } from './dom.js';

const css = `
.pane { padding: 8px 8px 16px; width: min(560px, 96vw); max-height: 94vh; }
.pane[open] { display: flex; flex-direction: column; gap: 8px; }
.pane > .bar { flex: none; padding: 0 0 0 16px; }
.pane > :not(.bar) { margin: 0 16px; }
.pane h2 { flex: 1; font-size: 14px; color: inherit; }
.pane [role=status]:empty { display: none; }
.pane input[type=text], .pane input[type=search] { font: inherit; color: inherit; background: var(--fw-paper); border: 1px solid var(--fw-faint); border-radius: 4px; min-height: 36px; padding: 4px 8px; width: 100%; }
.pane button { border-color: var(--fw-line); }
.pane .bar button { border-color: transparent; }
.export ul { list-style: none; padding: 0; overflow: auto; }
.export li { display: grid; grid-template-columns: 148px minmax(0, 1fr) auto; gap: 2px 12px; align-items: center; padding: 3px 0; }
.export li > button:first-child { text-align: left; white-space: nowrap; }
.export li > span { color: var(--fw-faint); font-size: 12px; line-height: 1.35; }
.export button:disabled { color: var(--fw-faint); cursor: default; }
.share .row { display: flex; gap: 8px; }
.share .row button { flex: none; }
.pane .choice { display: flex; align-items: center; gap: 8px; min-height: 32px; }
.pane .choice input { width: 16px; height: 16px; margin: 0; accent-color: var(--fw-ink); flex: none; }
.connections .choices { padding: 0; margin: 0 8px; min-height: 120px; }
.narrow .export li { grid-template-columns: 138px minmax(0, 1fr) auto; }
.narrow .pane > :not(.bar) { margin: 0 8px; }
`;

/** The dialogs' sheet, shared by all players. */
export const dialogSheet = sharedSheet(css);

export class Dialog {
  /**
   * @param {string} name a class for the whole
   * @param {...(Node | string)} children
   */
  constructor(name, ...children) {
    this.heading = h('h2', {});
    this.closeButton = iconButton('close', '', () => this.close());
    this.element = h('dialog', { class: `pane ${name}` }, h('div', { class: 'bar' }, this.heading, this.closeButton), ...children);
    this.element.addEventListener('click', (event) => {
      if (event.target === this.element) this.close();
    });
  }

  get open() {
    return this.element.open;
  }

  show() {
    if (!this.open) this.element.showModal();
  }

  close() {
    if (this.open) this.element.close();
  }

  /**
   * @param {string} title
   * @param {string} close
   */
  name(title, close) {
    this.heading.textContent = title;
    this.element.setAttribute('aria-label', title);
    relabel(this.closeButton, 'close', close);
  }
}

/**
 * Lets the arrow keys walk the buttons of a list.
 * @param {HTMLElement} element where the keys are heard
 * @param {() => HTMLElement[]} buttons
 */
export function walk(element, buttons) {
  const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 });
  element.addEventListener('keydown', (event) => {
    const step = steps[event.key];
    if (step === undefined || event.target instanceof HTMLSelectElement) return;
    const all = buttons();
    const root = /** @type {ShadowRoot | Document} */ (element.getRootNode());
    const at = all.findIndex((button) => button === root.activeElement);
    all[Math.max(0, Math.min(all.length - 1, at + step))]?.focus();
    event.preventDefault();
    event.stopPropagation();
  });
}

/**
 * Copies a text; where the browser refuses, says so with the text selected, so that the keys can copy it.
 * @param {string} text
 * @param {HTMLInputElement | HTMLTextAreaElement} [field] where the text stands
 * @returns {Promise<boolean>}
 */
export async function copy(text, field) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    field?.select();
    return false;
  }
}
