// The page around one player: it follows the address bar, and tells the document its language.

import { loadCore } from './player/core.js';
import { FramewirePlayer } from './player/element.js';

// The figure is all there is on this page: no need to wait until it is seen. What goes wrong, the player tells.
loadCore().catch(() => {});

const player = document.querySelector('framewire-player');
if (player instanceof FramewirePlayer) {
  const asked = new URLSearchParams(location.hash.slice(1));
  for (const name of ['scenario', 'src', 'lang', 'theme', 'view']) {
    const value = asked.get(name);
    if (value) player.setAttribute(name, value);
  }
  // With nothing focused the keys mean the player.
  document.addEventListener('keydown', (event) => {
    if (event.target === document.body) player.key(event);
  });
  player.addEventListener('languagechange', () => {
    document.documentElement.lang = player.lang;
    document.title = player.documentTitle;
  });
  player.addEventListener('loadeddata', () => {
    document.title = player.documentTitle;
    const name = player.getAttribute('scenario');
    if (name) history.replaceState(null, '', `#scenario=${encodeURIComponent(name)}`);
  });
}
