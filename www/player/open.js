// Opening scenarios, files and recordings.

import { Lab, Recording, scenarios } from '../pkg/framewire.js';
import { breathe } from './dom.js';
import { LinkError, readLater } from './link.js';
import { run } from './run.js';
import { take } from './take.js';

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */
/** @typedef {import('./types.d.ts').ScenarioInfo} ScenarioInfo */

/**
 * Title, what to look at and question of each built-in scenario.
 * @param {string} lang
 * @returns {ScenarioInfo[]}
 */
export function scenarioList(lang) {
  let list = lists.get(lang);
  if (!list) lists.set(lang, (list = /** @type {ScenarioInfo[]} */ (scenarios(lang))));
  return list;
}

/** @type {Map<string, ScenarioInfo[]>} */
const lists = new Map();

/**
 * Runs a built-in scenario and opens it.
 * @param {FramewirePlayer} player
 * @param {string} name
 */
export async function scenario(player, name) {
  player.sequence++;
  const opened = await simulated(player, () => Lab.builtin(name, player.lang));
  if (!opened) return;
  if (player.getAttribute('scenario') !== name) player.setAttribute('scenario', name);
  player.removeAttribute('src');
}

/**
 * Runs a scenario and opens what happened; false where something was wrong or something else was opened meanwhile.
 * @param {FramewirePlayer} player
 * @param {() => Lab} make
 */
async function simulated(player, make) {
  const turn = player.sequence;
  try {
    const { lab, wrong } = withLater(player, make());
    const made = await run(player, lab);
    if (!made) return false;
    await breathe();
    if (turn !== player.sequence) {
      made.core.free();
      lab.free();
      return false;
    }
    forget(player);
    player.lab.take(lab, made.events);
    if (!(await take(player, made.core, lab.info(player.lang)))) return false;
    const remark = wrong || made.core.remark();
    if (remark) player.say(remark, wrong !== '');
    return true;
  } catch (error) {
    if (turn === player.sequence) player.fail(message(error));
    return false;
  }
}

/**
 * A scenario with what the attribute `later` changes in the middle of its run, or without it where that cannot be.
 * @param {FramewirePlayer} player
 * @param {Lab} lab
 */
function withLater(player, lab) {
  const asked = player.getAttribute('later');
  if (asked === null) return { lab, wrong: '' };
  // It is of this scenario alone; from now on the laboratory holds it.
  player.removeAttribute('later');
  const changed = lab.copy();
  try {
    for (const [event, nanos, path, value] of readLater(asked)) changed.turnLater(path, value, event, nanos, player.lang);
    lab.free();
    return { lab: changed, wrong: '' };
  } catch (error) {
    changed.free();
    return { lab, wrong: error instanceof LinkError ? player.word(error.word) : message(error) };
  }
}

/**
 * Lets go of the file that was open.
 * @param {FramewirePlayer} player
 */
function forget(player) {
  player.held?.recording.free();
  player.held = undefined;
}

/**
 * Runs a scenario given as JSON text and opens it.
 * @param {FramewirePlayer} player
 * @param {string} json
 */
export async function text(player, json) {
  player.sequence++;
  if (await simulated(player, () => Lab.open(json, player.lang))) player.removeAttribute('scenario');
}

/**
 * Opens a scenario (JSON text or object) or the bytes of a recording; of a promise, what it gives.
 * @param {FramewirePlayer} player
 * @param {string | object | Uint8Array | ArrayBuffer | Blob} source
 * @returns {Promise<void>}
 */
export async function anything(player, source) {
  if (source instanceof Promise) {
    const turn = ++player.sequence;
    try {
      const given = await source;
      return turn === player.sequence ? anything(player, given) : undefined;
    } catch (error) {
      return turn === player.sequence ? player.fail(error instanceof LinkError ? player.word(error.word) : message(error)) : undefined;
    }
  }
  if (typeof source === 'string') return text(player, source);
  if (source instanceof Uint8Array) return bytes(player, '', source);
  if (source instanceof ArrayBuffer) return bytes(player, '', new Uint8Array(source));
  if (source instanceof Blob) return bytes(player, source instanceof File ? source.name : '', new Uint8Array(await source.arrayBuffer()));
  return text(player, JSON.stringify(source));
}

/**
 * Opens the bytes of a file: a scenario if it is JSON, else a recording or a capture.
 * @param {FramewirePlayer} player
 * @param {string} name
 * @param {Uint8Array} content
 * @param {boolean} [byHand] somebody is there to be asked which connection is meant
 */
export function bytes(player, name, content, byHand = false) {
  const first = content.find((byte) => !' \t\r\n'.includes(String.fromCharCode(byte)));
  if (first === 0x7b) void text(player, new TextDecoder().decode(content));
  else recording(player, name, content, byHand);
}

/**
 * Opens the bytes of a recording or a capture.
 * @param {FramewirePlayer} player
 * @param {string} name
 * @param {Uint8Array} bytes
 * @param {boolean} byHand
 */
function recording(player, name, bytes, byHand) {
  player.sequence++;
  try {
    const found = Recording.read(name, bytes, player.lang);
    if (byHand && found.count() > 1) return player.connections.ask(name, found, true);
    const asked = byHand ? null : player.getAttribute('connection');
    const connection = asked === null || asked === '' ? undefined : Number(asked);
    if (connection !== undefined && !(Number.isInteger(connection) && connection >= 0 && connection < found.count())) {
      found.free();
      throw new Error(player.word('error-connection', name, asked ?? ''));
    }
    show(player, name, found, connection, byHand);
  } catch (error) {
    player.fail(message(error));
  }
}

/**
 * Shows what a file holds: everything, or one connection.
 * @param {FramewirePlayer} player
 * @param {string} name
 * @param {Recording} found
 * @param {number | undefined} connection
 * @param {boolean} local it came from a file of the reader's, not from an address
 */
export function show(player, name, found, connection, local) {
  const core = found.open(connection);
  if (player.held?.recording !== found) forget(player);
  player.lab.take(undefined, 0);
  player.held = { recording: found, name, connection, local };
  const title = connection === undefined ? name : `${name} #${connection}`;
  player.opened(core, { name: '', title, look: '', question: '', topic: '', view: '' });
  player.removeAttribute('scenario');
  player.say(found.remark());
}

/**
 * @param {FramewirePlayer} player
 * @param {string} url
 * @param {string} [name]
 */
export async function fromUrl(player, url, name = nameOf(player, url)) {
  const turn = ++player.sequence;
  player.say(player.words['loading']);
  try {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    const content = new Uint8Array(await answer.arrayBuffer());
    if (turn === player.sequence) bytes(player, name, content);
  } catch (error) {
    if (turn === player.sequence) player.fail(player.word('error-fetch', name, message(error)));
  }
}

/**
 * What stands at an address is called.
 * @param {FramewirePlayer} player
 * @param {string} url
 */
function nameOf(player, url) {
  if (url.startsWith('data:')) return player.dataset['name'] ?? 'framewire';
  const last = url.split(/[?#]/)[0].split('/').pop() || url;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/**
 * @param {FramewirePlayer} player
 * @param {File} file
 */
export async function file(player, file) {
  const turn = ++player.sequence;
  const content = new Uint8Array(await file.arrayBuffer());
  if (turn !== player.sequence) return;
  player.given = undefined;
  bytes(player, file.name, content, true);
}

/**
 * The recordings that the server offers; none where there is no such server.
 * @returns {Promise<{ name: string, url: string }[]>}
 */
export async function recordings() {
  try {
    // In a page of one file this module has no address.
    const base = new URL('../', import.meta.url);
    if (!base.protocol.startsWith('http')) return [];
    const answer = await fetch(new URL('api/recordings', base));
    const type = answer.headers.get('content-type') ?? '';
    if (!answer.ok || !type.includes('json')) return [];
    const list = await answer.json();
    return Array.isArray(list)
      ? list.map((r) => ({ name: String(r.name), url: new URL(r.url ?? r.path, base).href }))
      : [];
  } catch {
    return [];
  }
}

/**
 * A file dropped anywhere on the player is opened.
 * @param {FramewirePlayer} player
 */
export function acceptDrops(player) {
  /** @param {DragEvent} event */
  const hasFile = (event) => event.dataTransfer?.types.includes('Files') ?? false;
  player.addEventListener('dragover', (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    player.frameElement.classList.add('dropping');
    const sign = player.frameElement.querySelector('.drop');
    if (sign) sign.textContent = player.words['drop-here'];
  });
  player.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) player.frameElement.classList.remove('dropping');
  });
  player.addEventListener('drop', (event) => {
    player.frameElement.classList.remove('dropping');
    const dropped = event.dataTransfer?.files[0];
    if (!dropped) return;
    event.preventDefault();
    void file(player, dropped);
  });
}

/** @param {unknown} error */
export function message(error) {
  return error instanceof Error ? error.message : String(error);
}
