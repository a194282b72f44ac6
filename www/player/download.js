// Files that the page makes, offered for saving.

import { h } from './dom.js';

/** Least width of an exported picture, in CSS pixels. */
export const LEAST_WIDTH = 640;

/**
 * What a file of this conversation is called, without its ending.
 * @param {import('./element.js').FramewirePlayer} player
 */
export function fileName(player) {
  const title = player.held ? player.held.name.replace(/\.[a-z]+$/i, '') : '';
  const safe = title.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|-+$/g, '').slice(0, 80);
  return player.info?.name || safe || 'framewire';
}

/**
 * Offers content for saving.
 * @param {string} name
 * @param {BlobPart} content
 * @param {string} type
 */
export function offer(name, content, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * The scenario that is shown: the name of a built-in one without changes, and the text; neither of a recording.
 * @param {import('./element.js').FramewirePlayer} player
 */
export function scenarioOf(player) {
  const changed = (player.lab.bench?.changes(player.lang).length ?? 0) > 0;
  return { name: changed ? undefined : player.info?.name || undefined, json: player.scenarioJson() };
}

/**
 * What was changed in the middle of the run, as the attribute `later` takes it; nothing where nothing was.
 * @param {import('./element.js').FramewirePlayer} player
 */
export function laterOf(player) {
  const rows = player.lab.bench?.later() ?? [];
  return rows.length > 0 ? JSON.stringify(rows) : undefined;
}
