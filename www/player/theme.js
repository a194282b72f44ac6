// Colours: read once from the element's custom properties, so that a host page can set them.

import { roles } from '../pkg/framewire.js';

/**
 * @typedef {object} Theme
 * @property {string[]} roles colour of each role, by its number
 * @property {string[]} hues colour of each message hue; entry 0 stands for "no message"
 * @property {string} paper
 * @property {string} ink
 * @property {string} accent focus ring and playhead
 * @property {string} sans
 * @property {string} mono
 * @property {boolean} dark
 */

/**
 * Before anything is loaded.
 * @type {Theme}
 */
export const PLAIN = { roles: [], hues: [], paper: '#fff', ink: '#000', accent: '#000', sans: 'sans-serif', mono: 'monospace', dark: false };

/**
 * @param {HTMLElement} element
 * @returns {Theme}
 */
export function readTheme(element) {
  const style = getComputedStyle(element);
  /** @param {string} name */
  const get = (name) => style.getPropertyValue(`--fw-${name}`).trim() || '#888';
  return {
    roles: roles().map((/** @type {string} */ role) => get(role)),
    hues: ['message', ...Array.from({ length: 7 }, (_, i) => `message-${i + 1}`)].map(get),
    paper: get('paper'),
    ink: get('ink'),
    accent: get('accent'),
    sans: get('sans'),
    mono: get('mono'),
    dark: style.getPropertyValue('--fw-dark').trim() === '1',
  };
}
