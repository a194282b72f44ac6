// The one WASM instance of the document, shared by all players.

import init, { words as fetchWords } from '../pkg/framewire.js';

/** A page of one file carries the module inside, gzipped, as base64 in a script element of this type (see save.js). */
export const INLINE_TYPE = 'application/wasm+gzip;base64';

/** @type {Promise<unknown> | undefined} */
let loading;

/** Loads the WASM module, once for all players of the document. */
export function loadCore() {
  loading ??= load();
  return loading;
}

async function load() {
  const inline = document.querySelector(`script[type="${INLINE_TYPE}"]`)?.textContent;
  if (!inline) return init();
  const packed = Uint8Array.from(atob(inline.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return init({ module_or_path: await new Response(stream).arrayBuffer() });
}

/** @type {Map<string, import('./types.d.ts').Words>} */
const tables = new Map();

/**
 * All words of a language; needs the WASM module to be loaded.
 * @param {string} lang `en` or `zh`
 * @returns {import('./types.d.ts').Words}
 */
export function wordsOf(lang) {
  let table = tables.get(lang);
  if (!table) {
    const lines = fetchWords(lang).split('\n');
    table = {};
    for (let i = 0; i + 1 < lines.length; i += 2) table[lines[i]] = lines[i + 1];
    tables.set(lang, table);
  }
  return table;
}

/**
 * A sentence with `{0}`, `{1}`, … replaced.
 * @param {string} text
 * @param {...string} values
 */
export function fill(text, ...values) {
  return text.replace(/\{(\d)\}/g, (_, n) => values[Number(n)] ?? '');
}

/** The reader's language: Chinese where the browser prefers it, else English. */
export function preferredLang() {
  const wanted = navigator.languages?.find((tag) => /^(zh|en)/i.test(tag)) ?? 'en';
  return wanted.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}
