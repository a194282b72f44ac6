// The framing debugger: bytes as people have them (a dump, text, a file, a stream of what is open), taken apart. What the bytes
// mean is decided in Rust; this file asks and shows.

import { parseDump, takeApart } from '../pkg/framewire.js';
import { fill } from './core.js';
import { h, iconButton, sharedSheet } from './dom.js';

/** Most bytes that are looked at. */
const MOST = 64 * 1024;
/** Rows of sixteen bytes, and frames, that are shown. */
const MOST_ROWS = 64;
const MOST_FRAMES = 100;
/** After the last key the findings wait this long, in milliseconds. */
const PATIENCE = 120;

/** Framings to choose from; any other name can be typed. */
const NAMES = [
  'json-header:data_size',
  'json-header:size',
  'length:u32be',
  'length:u32le',
  'length:u16be',
  'varint',
  'netstring',
  'line',
  'delimiter:%0D%0A%0D%0A',
  'fixed:16',
];

/**
 * What `takeApart` gives (src/wasm/framing.rs).
 * @typedef {{ hints: string[], candidates: [name: string, verdict: string, text: string][], roles: string[], framing?: string,
 *   frames?: Float64Array, spans?: Float64Array, waiting?: string, error?: string, badAt?: number }} Findings
 */

const css = `
.framing { color: inherit; background: var(--fw-paper); border: 1px solid var(--fw-line); border-radius: 6px; padding: 8px 8px 16px; width: min(920px, 96vw); max-height: 94vh; }
.framing:not([open]) { display: none; }
.framing::backdrop { background: rgb(0 0 0 / .35); }
.framing[open] { display: flex; flex-direction: column; gap: 8px; }
.framing > :not(.bar) { margin: 0 16px; }
.framing > .bar { padding: 0 0 0 16px; }
.framing h2 { flex: 1; font-size: 14px; color: inherit; }
.framing h3 { margin: 12px 0 4px; }
.framing textarea, .framing input { font: 12px/1.5 var(--fw-mono); color: inherit; background: var(--fw-paper); border: 1px solid var(--fw-faint); border-radius: 4px; padding: 4px 8px; }
.framing textarea { width: auto; min-height: 72px; resize: vertical; display: block; }
.framing .asks { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: end; }
.framing .asks label { display: grid; grid-template-columns: minmax(0, auto); gap: 2px; max-width: 100%; font-size: 12px; color: var(--fw-faint); min-width: 0; }
.framing .asks label > * { color: var(--fw-ink); font-size: 14px; min-height: 32px; min-width: 0; max-width: 100%; }
.framing .asks button { border-color: var(--fw-line); }
.framing .findings { overflow: auto; min-height: 0; overflow-wrap: anywhere; flex: 1 1 auto; }
.framing .wrong { color: var(--fw-trouble); border-left: 4px solid var(--fw-trouble); padding-left: 8px; margin: 4px 0; }
.framing .awaits { border-left: 4px solid var(--fw-ink); padding-left: 8px; margin: 4px 0; }
.framing table { width: 100%; }
.framing td, .framing th { padding: 2px 12px 2px 0; vertical-align: top; }
.framing td:first-child { white-space: nowrap; }
.framing td code { font: 12px/1.5 var(--fw-mono); white-space: pre-wrap; }
.framing td button { text-align: left; font: 12px/1.5 var(--fw-mono); padding: 0 4px; text-decoration: underline; min-height: 24px; }
.framing .hexes { font: 12px/1.9 var(--fw-mono); overflow-x: auto; }
.framing .hexes .line { display: flex; gap: 12px; white-space: pre; }
.framing .hexes .at { color: var(--fw-faint); }
.framing .hexes b { font-weight: 400; padding: 1px 0; }
.framing .hex { flex: none; width: 48ch; }
.framing .marks { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 12px; }
.framing .role0 { border-bottom: 4px double var(--fw-message-6); }
.framing .role1 { border-bottom: 3px dotted var(--fw-message-1); }
.framing .role2 { border-bottom: 3px solid var(--fw-message-3); }
.framing .role3 { border-bottom: 3px dashed var(--fw-message-4); }
.framing .role4 { border-bottom: 3px groove var(--fw-faint); color: var(--fw-faint); }
.framing b.bad { outline: 2px solid var(--fw-trouble); outline-offset: -1px; font-weight: 700; }
.framing b.begins { border-left: 2px solid var(--fw-ink); margin-left: -2px; }
.narrow .framing > :not(.bar) { margin: 0 4px; }
.narrow .framing td:first-child { white-space: normal; }
.narrow .framing .asks label { flex: 1 1 100%; }
`;

/** The debugger's own sheet, to stand behind the player's. */
export const framingSheet = sharedSheet(css);

/** @param {number} n @param {number} width */
const hex = (n, width) => n.toString(16).padStart(width, '0');

/** @param {number} byte a printable character, or a dot */
const shown = (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·');

/**
 * Bytes as a dump that `parseDump` reads again.
 * @param {Uint8Array} bytes
 */
function dump(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    lines.push(`${hex(at, 8)}  ${Array.from(bytes.subarray(at, at + 16), (b) => hex(b, 2)).join(' ')}`);
  }
  return lines.join('\n');
}

/** @param {unknown} error */
const said = (error) => (error instanceof Error ? error.message : String(error));

export class Framing {
  /** @param {import('./element.js').FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.note = '';
    this.timer = 0;
    const change = () => this.look();
    const soon = () => {
      this.note = '';
      this.source.value = '';
      this.later();
    };
    this.heading = h('h2', {});
    this.closeButton = iconButton('close', '', () => this.element.close());
    this.input = h('textarea', { spellcheck: 'false', rows: 4, input: soon });
    this.kind = h('select', { change });
    this.name = h('input', { type: 'text', list: 'framings', spellcheck: 'false', autocomplete: 'off', input: () => this.later() });
    this.list = h('datalist', { id: 'framings' }, ...NAMES.map((value) => h('option', { value })));
    this.source = h('select', { change: () => this.takeStream() });
    this.file = h('input', { type: 'file', hidden: true, change: () => this.takeFile(this.file.files?.[0]) });
    this.fileButton = h('button', { type: 'button', click: () => this.file.click() });
    this.labels = [h('span', {}), h('span', {}), h('span', {})];
    this.sourceLabel = h('label', {}, this.labels[2], this.source);
    this.status = h('p', { role: 'status', class: 'quiet' });
    this.findings = h('div', { class: 'findings', tabindex: 0, role: 'region' });
    this.element = h(
      'dialog',
      { class: 'framing' },
      h('div', { class: 'bar' }, this.heading, this.closeButton),
      this.input,
      h(
        'div',
        { class: 'asks' },
        h('label', {}, this.labels[0], this.kind),
        h('label', {}, this.labels[1], this.name),
        this.sourceLabel,
        this.fileButton,
        this.file,
        this.list,
      ),
      this.status,
      this.findings,
    );
    this.element.addEventListener('click', (event) => {
      if (event.target === this.element) this.element.close();
    });
    // A file dropped here is looked at, not opened as a recording.
    for (const name of ['dragover', 'drop']) {
      this.element.addEventListener(name, (event) => {
        event.preventDefault();
        event.stopPropagation();
        if (event instanceof DragEvent && name === 'drop') void this.takeFile(event.dataTransfer?.files[0]);
      });
    }
  }

  get open() {
    return this.element.open;
  }

  show() {
    if (this.open) return;
    this.fillStreams();
    this.look();
    this.element.showModal();
    this.input.focus();
  }

  translate() {
    const w = this.player.words;
    this.heading.textContent = w['framing'];
    this.element.setAttribute('aria-label', w['framing']);
    this.closeButton.setAttribute('aria-label', w['close']);
    this.closeButton.title = w['close'];
    this.input.setAttribute('aria-label', w['framing-bytes']);
    this.input.placeholder = `${w['framing-paste']}\n00000000  11 00 00 00 7b 22 …\nb'\\x11\\x00\\x00\\x00{"data_size": 12}hello world!'`;
    const texts = [w['framing-kind'], w['framing-name'], w['framing-stream']];
    this.labels.forEach((label, i) => (label.textContent = texts[i]));
    const { value } = this.kind;
    const kinds = { auto: w['framing-auto'], dump: w['framing-dump'], text: w['framing-text'] };
    this.kind.replaceChildren(...Object.entries(kinds).map(([value, text]) => h('option', { value }, text)));
    this.kind.value = value || 'auto';
    this.name.placeholder = w['framing-find'];
    this.fileButton.textContent = w['framing-file'];
    this.findings.setAttribute('aria-label', w['framing-findings']);
    this.fillStreams();
    if (this.open) this.look();
  }

  /** Offers both directions of each TCP connection of what is open. A datagram is a message already. */
  fillStreams() {
    const w = this.player.words;
    const streams = this.player.about.connections.flatMap((name, i) =>
      name.startsWith('TCP')
        ? ['framing-up', 'framing-down'].map((way, server) =>
            h('option', { value: `${i} ${server}` }, fill(w[way], name.replace(/^TCP /, ''))))
        : [],
    );
    this.source.replaceChildren(h('option', { value: '' }, w['framing-own']), ...streams);
    this.sourceLabel.hidden = streams.length === 0;
  }

  takeStream() {
    const [connection, server] = this.source.value.split(' ').map(Number);
    if (!this.source.value || !this.player.core) return;
    const chosen = this.source.value;
    this.take(this.player.core.streamBytes(connection, server === 1, MOST + 1), '');
    this.source.value = chosen;
  }

  /** @param {File | undefined} file */
  async takeFile(file) {
    if (!file) return;
    const bytes = new Uint8Array(await file.slice(0, 8 * MOST).arrayBuffer());
    this.file.value = '';
    this.source.value = '';
    this.take(bytes, file.name);
  }

  /**
   * Takes bytes as they are, or as the dump that they may be.
   * @param {Uint8Array} bytes
   * @param {string} name
   */
  take(bytes, name) {
    const w = this.player.words;
    let text = '';
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      if (!name || !text.trim() || parseDump(text, this.player.lang).length === 0) text = '';
    } catch {
      text = '';
    }
    const cut = !text && bytes.length > MOST;
    this.input.value = text || dump(bytes.subarray(0, MOST));
    this.kind.value = 'auto';
    this.note = [name, cut ? fill(w['framing-most'], String(MOST)) : ''].filter(Boolean).join(': ');
    this.look();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.look(), PATIENCE);
  }

  /** The bytes that are there, and what they were read as. */
  bytes() {
    const text = this.input.value;
    const { words: w, lang } = this.player;
    const kind = this.kind.value;
    if (kind !== 'text') {
      try {
        return { bytes: parseDump(text, lang), as: w['framing-dump'] };
      } catch (error) {
        if (kind === 'dump') throw error;
      }
    }
    return { bytes: new TextEncoder().encode(text), as: w['framing-text'] };
  }

  /** Looks at the bytes anew. */
  look() {
    clearTimeout(this.timer);
    const { words: w, lang } = this.player;
    this.status.textContent = '';
    this.findings.replaceChildren();
    if (!this.input.value.trim()) {
      this.status.textContent = w['framing-nothing'];
      return;
    }
    try {
      const { bytes, as } = this.bytes();
      const looked = bytes.subarray(0, MOST);
      const found = /** @type {Findings} */ (takeApart(looked, this.name.value.trim(), lang));
      const parts = [this.note, `${fill(w['octets-long'], String(looked.length))} (${as})`];
      const frames = (found.frames?.length ?? 0) / 2;
      parts.push(found.framing ? `${found.framing}: ${fill(w['framing-frames'], String(frames))}` : w['framing-none']);
      this.status.textContent = parts.filter(Boolean).join(' · ');
      this.tell(looked, found);
    } catch (error) {
      this.findings.replaceChildren(h('p', { class: 'wrong', role: 'alert' }, said(error)));
    }
  }

  /**
   * @param {Uint8Array} bytes
   * @param {Findings} found
   */
  tell(bytes, found) {
    const w = this.player.words;
    const parts = [];
    for (const hint of found.hints) parts.push(h('p', { class: 'hint' }, hint));
    if (found.error) parts.push(h('p', { class: 'wrong' }, h('strong', {}, `${w['framing-bad']}${w['colon']}`), found.error));
    if (found.waiting) parts.push(h('p', { class: 'awaits' }, h('strong', {}, `${w['framing-waits']}${w['colon']}`), found.waiting));
    if (found.framing) parts.push(...this.hexes(bytes, found), ...this.frames(bytes, found));
    if (found.candidates.length) parts.push(...this.candidates(found));
    this.findings.replaceChildren(...parts);
  }

  /** The framings that were tried, the likeliest first. @param {Findings} found */
  candidates(found) {
    const w = this.player.words;
    const signs = /** @type {Record<string, string>} */ ({ fits: '✓', cut: '…', breaks: '✕' });
    const rows = found.candidates.map(([name, verdict, text]) => {
      const choose = () => {
        this.name.value = name;
        this.look();
        this.name.focus();
      };
      return h('tr', {}, h('td', {}, `${signs[verdict]} `, h('button', { type: 'button', click: choose }, name)), h('td', {}, text));
    });
    return [h('h3', {}, w['framing-tried']), h('table', {}, h('tbody', {}, ...rows))];
  }

  /** The frames, each with its parts and its message. @param {Uint8Array} bytes @param {Findings} found */
  frames(bytes, found) {
    const w = this.player.words;
    const { frames, spans, roles } = found;
    if (!frames?.length || !spans) return [];
    const rows = [];
    let at = 0;
    for (let i = 0; i < Math.min(frames.length / 2, MOST_FRAMES); i++) {
      const parts = [];
      const texts = [];
      for (; at < spans.length && spans[at] === i; at += 4) {
        const [role, from, to] = spans.subarray(at + 1, at + 4);
        parts.push(`${roles[role]} ${to - from}`);
        if (role === 1 || role === 2) texts.push(this.text(bytes.subarray(from, to)));
      }
      rows.push(
        h('tr', {}, h('td', {}, String(i)), h('td', {}, String(frames[2 * i])), h('td', {}, parts.join(', ')), h('td', {}, h('code', {}, texts.join(' ')))),
      );
    }
    const more = frames.length / 2 - rows.length;
    const head = ['frame', 'stream-offset', 'framing-parts', 'framing-content'].map((key) => h('th', { scope: 'col' }, w[key]));
    const table = h('table', { class: 'frames' }, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...rows));
    const rest = more > 0 ? [h('p', { class: 'quiet' }, fill(w['more-segments'], String(more)))] : [];
    return [h('h3', {}, w['lane-frames']), table, ...rest];
  }

  /** The beginning of bytes as text, in quotes. @param {Uint8Array} bytes */
  text(bytes) {
    const text = new TextDecoder().decode(bytes.subarray(0, 96));
    return `${JSON.stringify(text)}${bytes.length > 96 ? '…' : ''}`;
  }

  /** The bytes, each marked with its role. @param {Uint8Array} bytes @param {Findings} found */
  hexes(bytes, found) {
    const w = this.player.words;
    const { spans = new Float64Array(), frames = new Float64Array(), roles } = found;
    const bad = found.badAt ?? -1;
    /** @type {(at: number) => string} */
    let mark = () => '';
    let i = 0;
    const begins = new Set(frames.filter((_, n) => n % 2 === 0));
    mark = (at) => {
      while (i < spans.length && spans[i + 3] <= at) i += 4;
      const role = i < spans.length && spans[i + 2] <= at ? ` role${spans[i + 1]}` : '';
      return `${role}${at === bad ? ' bad' : ''}${begins.has(at) ? ' begins' : ''}`.trim();
    };
    const all = Math.ceil(bytes.length / 16);
    // The beginning, and where the first bad byte is.
    const badRow = bad >= 0 ? Math.floor(bad / 16) : 0;
    const lines = [];
    for (let row = 0; row < all; row++) {
      if (row >= MOST_ROWS && Math.abs(row - badRow) > 4) {
        if (row === MOST_ROWS || row === badRow + 5) lines.push(h('div', { class: 'line quiet' }, '⋮'));
        continue;
      }
      const from = row * 16;
      const cells = Array.from(bytes.subarray(from, from + 16), (byte, n) => ({ byte, marks: mark(from + n) }));
      lines.push(
        h(
          'div',
          { class: 'line' },
          h('span', { class: 'at' }, hex(from, 6)),
          h('span', { class: 'hex' }, ...cells.map(({ byte, marks }) => h('b', { class: marks }, `${hex(byte, 2)} `))),
          h('span', {}, ...cells.map(({ byte, marks }) => h('b', { class: marks }, shown(byte)))),
        ),
      );
    }
    const used = new Set(spans.filter((_, n) => n % 4 === 1));
    const legend = roles.map((name, n) => (used.has(n) ? h('span', { class: `role${n}` }, name) : ''));
    const wrong = bad >= 0 && bad < bytes.length ? h('b', { class: 'bad' }, w['framing-bad']) : '';
    return [
      h('h3', {}, w['bytes']),
      h('p', { class: 'marks' }, ...legend, wrong),
      h('div', { class: 'hexes', tabindex: 0, role: 'group', 'aria-label': w['bytes'] }, ...lines),
    ];
  }
}
