// Moving in time: playing, stepping, and what follows the playhead.

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */

/** Positions a second at normal speed. */
const PACE = 70;
/** With reduced motion the picture steps this often at normal speed, in milliseconds. */
const STEP_MS = 800;

/** Plays; a player that has not been scrolled to loads first. It runs only while it is on the screen. @param {FramewirePlayer} player */
export function play(player) {
  const { embed } = player;
  if (!player.core) {
    embed.eager = true;
    embed.approached();
    return;
  }
  if (!player.paused) return;
  if (embed.finished) player.playhead = embed.from();
  player.paused = false;
  if (embed.seen) run(player);
  player.controlBar.update();
  player.dispatchEvent(new Event('play'));
}

/** @param {FramewirePlayer} player */
export function run(player) {
  player.lastTick = performance.now();
  player.frame = requestAnimationFrame((now) => tick(player, now));
}

/** @param {FramewirePlayer} player */
export function pause(player) {
  if (player.paused) return;
  player.paused = true;
  cancelAnimationFrame(player.frame);
  player.controlBar.update();
  player.dispatchEvent(new Event('pause'));
}

/**
 * @param {FramewirePlayer} player
 * @param {number} now
 */
function tick(player, now) {
  const { core, embed, predict } = player;
  if (player.paused || !core) return;
  const passed = now - player.lastTick;
  const until = Math.min(embed.until(), predict.horizon);
  if (player.still.matches) {
    if (passed >= STEP_MS / player.speed) {
      player.lastTick = now;
      player.playhead = Math.min(until, core.step(player.playhead, 1, false));
      followed(player);
    }
  } else {
    player.lastTick = now;
    player.playhead = Math.min(until, player.playhead + (Math.min(passed, 100) / 1000) * PACE * player.speed);
    followed(player);
  }
  if (player.playhead >= until - 0.01) {
    // A question is waiting here.
    if (predict.horizon < player.extent) return pause(player);
    if (!player.loop) {
      pause(player);
      player.dispatchEvent(new Event('ended'));
      return;
    }
    player.playhead = embed.from();
  }
  player.frame = requestAnimationFrame((at) => tick(player, at));
}

/**
 * @param {FramewirePlayer} player
 * @param {number} position
 * @param {boolean} byHand pauses, and scrolls there
 */
export function seek(player, position, byHand) {
  if (byHand) pause(player);
  player.playhead = Math.max(0, Math.min(player.extent, player.predict.horizon, position));
  followed(player);
  player.dispatchEvent(new Event('seeked'));
}

/**
 * The playhead moved, and the ladder is to show where it is: this first, for it asks where things stand before anything changes.
 * @param {FramewirePlayer} player
 */
function followed(player) {
  player.ladder.follow();
  moved(player);
}

/** The playhead moved: everything that depends on it follows. @param {FramewirePlayer} player */
export function moved(player) {
  player.ladder.picture.repaint();
  player.ledger.picture.repaint();
  player.states.follow();
  player.charts.follow();
  player.controlBar.follow();
  player.programs.follow();
  if (!player.settling && !player.opening) player.transcript.follow();
  player.variables.follow();
  player.lab.follow();
  player.dispatchEvent(new Event('timeupdate'));
}
