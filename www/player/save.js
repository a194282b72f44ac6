// One self-contained HTML file: scripts, WASM and scenario inside, nothing to load, opened from file:// as from anywhere.

import { INLINE_TYPE } from './core.js';
import { fileName, laterOf, offer, scenarioOf } from './download.js';

/**
 * @typedef {object} Page
 * @property {string} title
 * @property {string} lang
 * @property {string} scripts markup of the scripts, made of trusted text only
 * @property {string} policy what may run and load: a Content-Security-Policy
 * @property {string} wasm the module, gzipped, as base64
 * @property {Record<string, string>} attributes of the player
 * @property {string} [scenario] JSON text of a scenario of its own
 */

/** @param {string} text */
const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/**
 * Puts the page together. Whatever a scenario holds is text in it.
 * @param {Page} page
 */
export function onePage({ title, lang, scripts, policy, wasm, attributes, scenario }) {
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escape(value)}"`);
  // Inside a script element nothing is markup but its end.
  const inside = scenario ? `<script type="application/json">${scenario.replaceAll('<', '\\u003c')}</script>` : '';
  return `<!doctype html>
<html lang="${escape(lang)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${escape(policy)}">
<title>${escape(title)}</title>
<style>html,body{margin:0;height:100%;background:Canvas}body{overflow:hidden}framewire-player{display:block;height:100vh;height:100dvh}@media print{html,body,framewire-player{height:auto;overflow:visible}}</style>
</head>
<body>
<framewire-player${written.join('')}>${inside}</framewire-player>
<noscript><p>framewire needs JavaScript. 本页面需要启用 JavaScript。</p></noscript>
<script type="${INLINE_TYPE}">${wasm}</script>
${scripts}
</body>
</html>
`;
}

/** @param {ArrayBuffer} buffer */
function base64(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

/** @param {string} url */
async function fetched(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer;
}

/**
 * The modules that `entry` needs, as an import map of data: addresses: the browser links them again from there.
 * @param {string} entry
 */
async function linked(entry) {
  /** @type {Map<string, string>} address to name */
  const names = new Map();
  /** @type {Record<string, string>} */
  const imports = {};
  /** @param {string} url @returns {Promise<string>} */
  async function add(url) {
    const known = names.get(url);
    if (known) return known;
    const name = `framewire/${names.size}`;
    names.set(url, name);
    let source = await (await fetched(url)).text();
    const found = [...source.matchAll(/^(?:import|export)\b[^'"()]*?\bfrom\s*['"](\.[^'"]+)['"]/gm)].map((m) => m[1]);
    for (const path of new Set(found)) {
      const to = await add(new URL(path, url).href);
      source = source.replaceAll(`'${path}';`, `'${to}';`).replaceAll(`"${path}";`, `"${to}";`);
    }
    imports[name] = `data:text/javascript;base64,${base64(new TextEncoder().encode(source).buffer)}`;
    return name;
  }
  return { name: await add(entry), imports };
}

/**
 * What the player shows now, as the attributes and the child of a player.
 * @param {import('./element.js').FramewirePlayer} player
 */
function shown(player) {
  /** @type {Record<string, string>} */
  const attributes = { controls: 'full' };
  for (const attribute of ['scenario', 'lang', 'theme', 'view', 'start', 'end', 'speed', 'predict']) {
    const value = player.getAttribute(attribute);
    if (value !== null) attributes[attribute] = value;
  }
  // A file travels as the recording that it became.
  if (player.held && player.core) {
    const trace = new Uint8Array(player.core.traceFile());
    attributes['src'] = `data:application/octet-stream;base64,${base64(trace.buffer)}`;
    attributes['data-name'] = player.info?.title ?? player.held.name;
  }
  const { name, json } = scenarioOf(player);
  const later = laterOf(player);
  if (later) attributes['later'] = later;
  if (!name) delete attributes['scenario'];
  return { attributes, scenario: name ? undefined : json };
}

/** The module that defines the player: this one's neighbour, or (bundled) the file that this one is a part of. */
const entry = /\/save\.js$/.test(import.meta.url) ? new URL('element.js', import.meta.url).href : import.meta.url;

/**
 * The page of what the player shows now.
 * @param {import('./element.js').FramewirePlayer} player
 */
export async function pageOf(player) {
  const wasm = new URL('../pkg/framewire_bg.wasm', import.meta.url).href;
  const packed = (await fetched(wasm)).body?.pipeThrough(new CompressionStream('gzip'));
  const { name, imports } = await linked(entry);
  return onePage({
    title: player.documentTitle,
    lang: player.lang,
    scripts:
      `<script type="importmap">${JSON.stringify({ imports })}</script>\n` +
      `<script type="module">import ${JSON.stringify(name)};</script>`,
    policy: "default-src 'none'; script-src 'unsafe-inline' data: 'wasm-unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; connect-src data:",
    wasm: base64(await new Response(packed).arrayBuffer()),
    ...shown(player),
  });
}

/**
 * A page of one file as it is, but with what its player shows now.
 * @param {import('./element.js').FramewirePlayer} player
 */
function copyOf(player) {
  const page = new DOMParser().parseFromString(document.documentElement.outerHTML, 'text/html');
  const inside = page.querySelector('framewire-player');
  const { attributes, scenario } = shown(player);
  for (const name of inside?.getAttributeNames() ?? []) inside?.removeAttribute(name);
  for (const [name, value] of Object.entries(attributes)) inside?.setAttribute(name, value);
  inside?.replaceChildren();
  if (scenario) {
    const text = page.createElement('script');
    text.type = 'application/json';
    text.textContent = scenario.replaceAll('<', '\\u003c');
    inside?.append(text);
  }
  return `<!doctype html>\n${page.documentElement.outerHTML}`;
}

/**
 * Offers that page for saving. Where this page is itself one file, it is its own copy.
 * @param {import('./element.js').FramewirePlayer} player
 */
export async function savePage(player) {
  const single = document.querySelector(`script[type="${INLINE_TYPE}"]`);
  const text = single ? copyOf(player) : await pageOf(player);
  offer(`${fileName(player)}.html`, text, 'text/html');
}
