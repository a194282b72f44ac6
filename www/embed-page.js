// embed.html: one figure in an iframe. What it shows comes from the address; its height is told to the page around it.

import { FramewirePlayer } from './player/element.js';

/** Attributes of the element that the address may set. `src` must be of this origin: the page's policy sees to it. */
const ALLOWED = ['scenario', 'src', 'connection', 'view', 'lang', 'theme', 'start', 'end', 'autoplay', 'loop', 'speed', 'controls', 'predict'];

const player = new FramewirePlayer();
for (const [name, value] of new URLSearchParams(location.search)) {
  if (ALLOWED.includes(name)) player.setAttribute(name, value);
}
player.setAttribute('height', 'auto');
document.body.prepend(player);

/**
 * The origin of the page around, for which alone the message is meant. Where the browser does not tell it (a page from
 * file://, or one that sends no referrer), anybody around may learn how tall the figure is.
 */
function parentOrigin() {
  const known = location.ancestorOrigins?.[0] ?? (document.referrer && new URL(document.referrer).origin);
  return known && known !== 'null' ? known : '*';
}

let told = 0;

function tellHeight() {
  if (window.parent === window) return;
  const height = player.naturalHeight;
  if (!height || height === told) return;
  told = height;
  window.parent.postMessage({ type: 'framewire-height', height }, parentOrigin());
}

player.addEventListener('loadeddata', () => {
  document.documentElement.lang = player.lang;
  document.title = player.documentTitle;
  tellHeight();
});
player.addEventListener('viewchange', tellHeight);
let width = 0;
new ResizeObserver(() => {
  if (width === window.innerWidth) return;
  width = window.innerWidth;
  requestAnimationFrame(tellHeight);
}).observe(document.documentElement);
document.addEventListener('keydown', (event) => {
  if (event.target === document.body) player.key(event);
});
