// The page around one player: it follows the address bar, and tells the document its language.

import { loadCore } from './player/core.js';
import { FramewirePlayer } from './player/element.js';
import { LinkError, readLink } from './player/link.js';

// The figure is all there is on this page: no need to wait until it is seen. What goes wrong, the player tells.
loadCore().catch(() => {});

/** What may be in a link and must not stay from the one before. */
const OF_THE_LINK = ['scenario', 'src', 'connection', 'predict', 'later'];

/**
 * Opens what the address asks for.
 * @param {FramewirePlayer} player
 */
function follow(player) {
  keep();
  const link = readLink(location.hash);
  const { attributes, json, at, wrong } = link;
  const asks = json || attributes['scenario'] || attributes['src'];
  if (asks) for (const name of OF_THE_LINK) if (!(name in attributes)) player.removeAttribute(name);
  for (const [name, value] of Object.entries(attributes)) player.setAttribute(name, value);
  if (json) {
    json.catch(() => {});
    void player.load(json);
  } else if ('later' in attributes && player.info?.name === attributes['scenario']) {
    void player.load(); // The same scenario with other changes is another run.
  }
  const arrived = new AbortController();
  const once = { signal: arrived.signal };
  player.addEventListener('error', () => arrived.abort(), once);
  player.addEventListener('loadeddata', () => {
    arrived.abort();
    if (at !== undefined) seek(player, at);
    if (wrong instanceof LinkError) player.say(player.word(wrong.word, wrong.detail), true);
  }, once);
}

/** Takes the secret of `framewire web` out of the address: it is for this tab alone, and must not be passed on with a link. */
function keep() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const key = asked.get('key');
  if (key === null) return;
  asked.delete('key');
  history.replaceState(null, '', String(asked) ? `#${asked}` : location.pathname + location.search);
  try {
    sessionStorage.setItem('framewire-key', key);
  } catch {
    // The dialog asks for it.
  }
}

/**
 * Goes to a moment, behind everything that happens at it.
 * @param {FramewirePlayer} player
 * @param {number} seconds
 */
function seek(player, seconds) {
  const { core } = player;
  if (!core) return;
  let position = core.position(seconds * 1e9);
  for (let next = core.step(position, 1, false); next > position && core.nanos(next) <= seconds * 1e9 + 0.5; ) {
    position = next;
    next = core.step(position, 1, false);
  }
  player.seek(position, true);
}

/** @param {FramewirePlayer} player */
function tell(player) {
  document.title = player.documentTitle;
  const [name, src] = [player.info?.name, player.held?.local ? null : player.getAttribute('src')];
  const asked = new URLSearchParams(location.hash.slice(1));
  const here = name ? asked.get('scenario') === name : src ? asked.get('src') === src : asked.has('json') && player.given instanceof Promise;
  if (here) return;
  const fragment = name ? `#scenario=${encodeURIComponent(name)}` : src && !src.startsWith('data:') ? `#src=${encodeURIComponent(src)}` : '';
  history.replaceState(null, '', fragment || location.pathname + location.search);
}

const player = document.querySelector('framewire-player');
if (player instanceof FramewirePlayer) {
  // The still picture has done its work when there is a figure, or none: then the notice says why.
  for (const type of ['loadeddata', 'error']) player.addEventListener(type, () => player.querySelector('.still')?.remove(), { once: true });
  player.linked = true;
  follow(player);
  window.addEventListener('hashchange', () => follow(player));
  // With nothing focused the keys mean the player.
  document.addEventListener('keydown', (event) => {
    if (event.target === document.body) player.key(event);
  });
  player.addEventListener('languagechange', () => {
    document.documentElement.lang = player.lang;
    document.title = player.documentTitle;
  });
  player.addEventListener('loadeddata', () => tell(player));
}
