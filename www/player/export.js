// The export dialog: what is open, in the formats of other programs. Each is made in Rust (src/wasm/export.rs); this file asks
// and offers.

import { Dialog, copy, walk } from './dialog.js';
import { h } from './dom.js';
import { LEAST_WIDTH, fileName, offer } from './download.js';
import { savePage } from './save.js';

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */

/** Dots of a PNG for each CSS pixel, and the most that browsers draw. */
const SHARPNESS = 2;
const MOST_SIDE = 16_000;
const MOST_DOTS = 120_000_000;
/** Columns of the plain text. */
const COLUMNS = 100;

const PICTURES = /** @type {const} */ (['ladder', 'ledger', 'machine', 'charts']);

/**
 * A drawing as a picture of dots.
 * @param {string} svg
 * @returns {Promise<Blob>}
 */
export async function rasterised(svg) {
  const image = new Image();
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    image.src = url;
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    const scale = Math.min(SHARPNESS, MOST_SIDE / Math.max(width, height), Math.sqrt(MOST_DOTS / (width * height)));
    const canvas = h('canvas', { width: Math.round(width * scale), height: Math.round(height * scale) });
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((/** @type {(blob: Blob | null) => void} */ done) => canvas.toBlob(done, 'image/png'));
    if (!blob) throw new Error(`${canvas.width} × ${canvas.height}`);
    return blob;
  } finally {
    URL.revokeObjectURL(url);
  }
}

export class Export {
  /** @param {FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.picture = h('select', {});
    this.pictureLabel = h('span', {});
    this.list = h('ul', {});
    this.status = h('p', { role: 'status' });
    this.hint = h('p', { class: 'quiet' });
    const pictures = h('label', {}, this.pictureLabel, ' ', this.picture);
    this.dialog = new Dialog('export', pictures, this.list, this.status, this.hint);
    this.element = this.dialog.element;
    walk(this.element, () => [...this.list.querySelectorAll('button:enabled')].map((b) => /** @type {HTMLElement} */ (b)));
  }

  show() {
    this.status.textContent = '';
    this.fill();
    this.dialog.show();
    this.list.querySelector('button')?.focus();
  }

  translate() {
    const w = this.player.words;
    this.dialog.name(w['export'], w['close']);
    this.pictureLabel.textContent = w['export-picture'];
    const { value } = this.picture;
    this.picture.replaceChildren(...PICTURES.map((name) => h('option', { value: name }, w[name])));
    this.picture.value = value || 'ladder';
    this.hint.textContent = w['export-hint'];
    this.fill();
  }

  /** The formats: name, ending, type, word, how it is made, why it cannot be, and whether it can be copied as text. */
  formats() {
    const { player } = this;
    const { words: w, about } = player;
    const none = { missing: about.packets ? '' : w['no-packets-inside'] };
    const scenario = { missing: player.held ? w['no-scenario-inside'] : '' };
    return [
      { name: 'SVG', ending: 'svg', type: 'image/svg+xml', word: 'export-svg', make: () => this.svg() },
      { name: 'PNG', ending: 'png', type: 'image/png', word: 'export-png', make: () => rasterised(this.svg()) },
      { name: 'pcapng', ending: 'pcapng', type: 'application/x-pcapng', word: 'export-pcapng', make: () => player.core?.pcapng(), ...none },
      { name: w['export-trace-name'], ending: 'fwtrace', type: 'application/octet-stream', word: 'export-trace', make: () => player.core?.traceFile() },
      { name: w['scenario'], ending: 'json', type: 'application/json', word: 'export-scenario', make: () => player.scenarioJson(), ...scenario, text: true },
      { name: 'Mermaid', ending: 'mmd', type: 'text/plain', word: 'export-mermaid', make: () => player.core?.mermaid(player.info?.title ?? '', player.relative, player.lang), text: true },
      { name: w['framing-text'], ending: 'txt', type: 'text/plain', word: 'export-text', make: () => player.core?.plainText(COLUMNS, player.relative, player.lang), text: true },
    ];
  }

  fill() {
    if (!this.player.core) return;
    const w = this.player.words;
    const rows = this.formats().map((format) => {
      const off = 'missing' in format && Boolean(format.missing);
      const label = `.${format.ending}`;
      const about = h('span', { id: `export-${format.ending}` }, off ? format.missing : w[format.word]);
      const save = h('button', { type: 'button', disabled: off, 'aria-describedby': about.id, click: () => this.save(format) }, `${format.name}  `, h('small', {}, label));
      const copies = 'text' in format ? [h('button', { type: 'button', disabled: off, 'aria-label': `${w['export-copy']}${w['colon']}${format.name}`, click: () => this.copy(format) }, w['export-copy'])] : [];
      return h('li', {}, save, about, ...copies);
    });
    const about = h('span', { id: 'export-html' }, w['export-page']);
    const page = h('button', { type: 'button', 'aria-describedby': about.id, click: () => this.attempt(async () => {
      await savePage(this.player);
      return `${fileName(this.player)}.html`;
    }) }, 'HTML  ', h('small', {}, '.html'));
    this.list.replaceChildren(...rows, h('li', {}, page, about));
  }

  svg() {
    const { core, relative, theme, lang, info, states, charts, playhead, ladder } = this.player;
    if (!core) return '';
    const width = Math.max(LEAST_WIDTH, ladder.scroller.clientWidth);
    const title = info?.title ?? '';
    const what = this.picture.value;
    if (what === 'machine') core.machine(width, states.connection, playhead, lang);
    else if (what === 'charts') core.charts(width, charts.stream, charts.sight[0], charts.sight[1], lang);
    else return core.svg(what, width, relative, theme.dark, lang, title);
    return core.drawnSvg(theme.dark, title);
  }

  /** @param {ReturnType<Export['formats']>[number]} format */
  save(format) {
    return this.attempt(async () => {
      const content = await format.make();
      if (content === undefined) throw new Error(format.name);
      const name = `${fileName(this.player)}.${format.ending}`;
      offer(name, /** @type {BlobPart} */ (content), format.type);
      return name;
    });
  }

  /** @param {() => Promise<string>} act gives the name of the file */
  async attempt(act) {
    const { player, status } = this;
    try {
      status.textContent = player.word('export-saved', await act());
    } catch (error) {
      status.textContent = player.word('error-export', error instanceof Error ? error.message : String(error));
    }
  }

  /** @param {ReturnType<Export['formats']>[number]} format */
  async copy(format) {
    const text = String(await format.make());
    const copied = await copy(text);
    this.status.textContent = this.player.words[copied ? 'copied' : 'not-copied-here'];
  }
}
