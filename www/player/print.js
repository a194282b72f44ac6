// Printing: the whole figure on paper, in the light colours, whatever the screen shows.

/**
 * Lets a player follow the browser's printing.
 * @param {import('./element.js').FramewirePlayer} player
 * @returns {() => void} ends it
 */
export function followPrinting(player) {
  /** @param {boolean} on */
  const printing = (on) => {
    player.printing = on;
    player.applyTheme();
    player.ladder.layout();
    player.ledger.layout();
    // Paper does not wait for the next frame.
    player.ladder.picture.paintNow();
    player.ledger.picture.paintNow();
  };
  const [before, after] = [() => printing(true), () => printing(false)];
  window.addEventListener('beforeprint', before);
  window.addEventListener('afterprint', after);
  return () => {
    window.removeEventListener('beforeprint', before);
    window.removeEventListener('afterprint', after);
  };
}
