// Share links: what is shown, in the fragment of the page's own address. No server ever sees it.
//
// `scenario` is the name of a built-in scenario; `json` a scenario's text, compressed (deflate, RFC 1951) and written in base64url
// (RFC 4648 section 5); `src` the address of a recording; `at` the playhead in seconds; `later` what was changed in the middle of the
// run, as JSON; `view`, `lang` and `predict` as the attributes of the element.

/** Most characters of a scenario's text; a link that unpacks to more is refused. */
const MOST = 1 << 20;
/** A link longer than this is cut by many programs, in characters. */
export const LONG = 8_000;

/** What is wrong with a link, as the word that says it. */
export class LinkError extends Error {
  /**
   * @param {string} word
   * @param {string} [detail]
   */
  constructor(word, detail = '') {
    super(word);
    this.word = word;
    this.detail = detail;
  }
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {CompressionStream | DecompressionStream} stream
 */
async function piped(bytes, stream) {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const parts = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    parts.push(next.value);
    size += next.value.length;
    if (size > MOST) {
      void reader.cancel().catch(() => {});
      throw new LinkError('link-long');
    }
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/**
 * A text in letters that an address may hold.
 * @param {string} text
 */
export async function pack(text) {
  const bytes = await piped(new TextEncoder().encode(text), new CompressionStream('deflate-raw'));
  let letters = '';
  for (let i = 0; i < bytes.length; i += 0x8000) letters += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/**
 * The text again.
 * @param {string} packed
 */
export async function unpack(packed) {
  if (!/^[\w-]+$/.test(packed)) throw new LinkError('link-damaged');
  try {
    const letters = atob(packed.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(letters, (c) => c.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(await piped(bytes, new DecompressionStream('deflate-raw')));
  } catch (error) {
    throw error instanceof LinkError ? error : new LinkError('link-damaged');
  }
}

/**
 * @typedef {object} Link
 * @property {Record<string, string>} attributes of the player
 * @property {Promise<string>} [json] the text of a scenario; fails with a LinkError
 * @property {number} [at] where the playhead goes, in seconds
 * @property {LinkError} [wrong] what of it cannot be used
 */

const ATTRIBUTES = ['scenario', 'src', 'connection', 'lang', 'theme', 'view', 'predict', 'later'];

/** Changes in the middle of a run that a link may hold. */
const MOST_LATER = 64;

/**
 * A change of a knob in the middle of a run: before which event, when that was (in nanoseconds), the knob's path, its value.
 * @typedef {[event: number, nanos: number, path: string, value: string]} LaterChange
 */

/**
 * Reads what was changed in the middle of a run.
 * @param {string} text JSON
 * @returns {LaterChange[]}
 */
export function readLater(text) {
  /** @type {unknown} */
  let rows;
  try {
    rows = JSON.parse(text);
  } catch {
    // Told below.
  }
  const whole = (/** @type {unknown} */ n, /** @type {number} */ most) => Number.isInteger(n) && Number(n) >= 0 && Number(n) <= most;
  const good = (/** @type {unknown} */ row) =>
    Array.isArray(row) && row.length === 4 && whole(row[0], 0xffffffff) && whole(row[1], Number.MAX_SAFE_INTEGER) &&
    typeof row[2] === 'string' && typeof row[3] === 'string';
  if (!Array.isArray(rows) || rows.length > MOST_LATER || !rows.every(good)) throw new LinkError('link-later');
  return /** @type {LaterChange[]} */ (rows);
}

/**
 * Reads a fragment, with or without its `#`.
 * @param {string} fragment
 * @returns {Link}
 */
export function readLink(fragment) {
  const asked = new URLSearchParams(fragment.replace(/^#/, ''));
  /** @type {Link} */
  const link = { attributes: {} };
  for (const name of ATTRIBUTES) {
    const value = asked.get(name);
    if (value !== null && (value || name === 'predict')) link.attributes[name] = value;
  }
  const packed = asked.get('json');
  if (packed !== null) link.json = unpack(packed);
  const at = asked.get('at');
  if (at !== null) {
    const seconds = Number(at);
    if (at.trim() && Number.isFinite(seconds) && seconds >= 0) link.at = seconds;
    else link.wrong = new LinkError('link-at', at.slice(0, 40));
  }
  return link;
}

/**
 * Writes a fragment.
 * @param {Record<string, string | undefined>} parts by name
 */
export function writeLink(parts) {
  const known = Object.entries(parts).filter(([, value]) => value !== undefined);
  return known.map(([name, value]) => (value ? `${name}=${encodeURIComponent(value)}` : name)).join('&');
}
