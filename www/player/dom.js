// Small helpers for building elements. Text is always set as text, never parsed.

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | boolean | number | ((event: any) => void)>} [attributes] strings become attributes,
 *   functions listeners, `true` an empty attribute
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/**
 * A sheet that all players share, made when the first one asks for it.
 * @param {string} css
 * @returns {() => CSSStyleSheet}
 */
export function sharedSheet(css) {
  /** @type {CSSStyleSheet | undefined} */
  let shared;
  return () => {
    if (!shared) {
      shared = new CSSStyleSheet();
      shared.replaceSync(css);
    }
    return shared;
  };
}

/**
 * A picture for a button, drawn with strokes only.
 * @param {string} path
 * @param {boolean} [filled]
 */
export function icon(path, filled = false) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', filled ? 'icon filled' : 'icon');
  const shape = document.createElementNS(space, 'path');
  shape.setAttribute('d', path);
  svg.append(shape);
  return svg;
}

/** @type {Record<string, [path: string, filled?: boolean]>} */
export const ICONS = {
  play: ['M8 5v14l11-7z', true],
  pause: ['M7 5h4v14H7zM13 5h4v14h-4z', true],
  back: ['M15 6l-6 6 6 6'],
  on: ['M9 6l6 6-6 6'],
  segmentBack: ['M18 6l-6 6 6 6M11 6l-6 6 6 6'],
  segmentOn: ['M6 6l6 6-6 6M13 6l6 6-6 6'],
  loop: ['M4 12a6 6 0 0 1 6-6h9M16 3l3 3-3 3M20 12a6 6 0 0 1-6 6H5M8 21l-3-3 3-3'],
  theme: ['M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18'],
  open: ['M4 19V6h6l2 2h8v11zM12 16v-5M9.5 13.5L12 11l2.5 2.5'],
  save: ['M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14'],
  predict: ['M3 12c2.5-4.5 5.5-6.5 9-6.5s6.5 2 9 6.5c-2.5 4.5-5.5 6.5-9 6.5s-6.5-2-9-6.5zM4.5 4.5l15 15'],
  share: ['M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-6-6l-1.5 1.5M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 6 6l1.5-1.5'],
  print: ['M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z'],
  present: ['M3 5h18v11H3zM12 16v4M8 20h8'],
  close: ['M6 6l12 12M18 6L6 18'],
  zoomIn: ['M12 6v12M6 12h12'],
  zoomOut: ['M6 12h12'],
  fit: ['M5 9V5h4M19 9V5h-4M5 15v4h4M19 15v4h-4'],
  framing: ['M4 6v12h3M10 6v12M14 6v12M20 6v12h-3M4 6h3M20 6h-3'],
  lab: ['M9 3h6M10 3v6L4.5 19a1.5 1.5 0 0 0 1.300 2h12.400a1.5 1.5 0 0 0 1.300-2L14 9V3M7.5 15h9'],
  views: ['M4 5h16v14H4zM14 5v14M4 13h10'],
};

/**
 * A button with a picture; `label` is its name and tooltip.
 * @param {keyof typeof ICONS} name
 * @param {string} label
 * @param {(event: MouseEvent) => void} click
 */
export function iconButton(name, label, click) {
  const [path, filled] = ICONS[name];
  return h('button', { type: 'button', class: 'icon-button', 'data-icon': name, 'aria-label': label, title: label, click }, icon(path, filled));
}

/**
 * Writes a text where it is another: what stands there already needs no new layout of the page.
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Changes a button's picture and name.
 * @param {HTMLElement} button
 * @param {keyof typeof ICONS} name
 * @param {string} label
 */
export function relabel(button, name, label) {
  button.setAttribute('aria-label', label);
  button.title = label;
  if (button.dataset['icon'] === name) return;
  button.dataset['icon'] = name;
  const [path, filled] = ICONS[name];
  button.replaceChildren(icon(path, filled));
}

/** @type {(() => void)[]} */
const waiting = [];
/** @type {MessageChannel | undefined} */
let channel;

/** Lets the page paint, and hear the reader, before it goes on. A message comes at once, a timer's nested turns after 4 ms each. */
export const breathe = () =>
  new Promise((/** @type {(value: void) => void} */ resolve) => {
    if (!channel) {
      channel = new MessageChannel();
      channel.port1.onmessage = () => waiting.shift()?.();
    }
    waiting.push(resolve);
    channel.port2.postMessage(0);
  });
