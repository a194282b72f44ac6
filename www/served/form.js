// The form by which servers, clients, relays and commands are started.

import { h } from '../player/dom.js';
import { Knob } from '../player/knob.js';
import { Refused } from './server.js';

/** @typedef {import('./server.js').Server} Server */

const KINDS = /** @type {const} */ (['server', 'client', 'relay', 'command']);
/** What the fields hold at first. */
const FIRST = /** @type {Record<string, string>} */ ({ port: '0', framing: 'none', count: '1', interval: '0', gap: '0', messages: 'hello hello', line: 'python3 server.py' });

let made = 0;

export class Form {
  /**
   * @param {Server} server
   * @param {(number: number, kind: string) => void} started
   */
  constructor(server, started) {
    this.server = server;
    this.started = started;
    this.kind = 'server';
    /** What was typed. @type {Record<string, string>} */
    this.values = { ...FIRST };
    /** @type {Set<string>} */
    this.switches = new Set();
    /** @type {Record<string, string>} */
    this.knobs = {};
    /** Where something listens that may be called. */
    this.known = '';
    this.element = h('form', { class: 'start', novalidate: true });
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.submit();
    });
    this.flaw = h('p', { class: 'flaw', role: 'alert', id: `fw-flaw-${++made}` });
    this.go = h('button', { type: 'submit', class: 'go' });
    this.busy = false;
  }

  /** Somebody listens here: whom else should be called. @param {string} address */
  suggest(address) {
    if (address === this.known) return;
    const field = /** @type {HTMLInputElement | null} */ (this.element.querySelector('[name=to]'));
    if ((this.values['to'] ?? '') === this.known) {
      this.values['to'] = address;
      if (field) field.value = address;
    }
    this.known = address;
  }

  /** Draws it anew: another language, another kind. */
  fill() {
    const { offer } = this.server;
    if (!offer) return;
    const w = offer.words;
    const name = `fw-kind-${made}`;
    const kinds = KINDS.map((kind) => {
      const box = h('input', { type: 'radio', name, value: kind });
      box.checked = kind === this.kind;
      box.addEventListener('change', () => {
        this.kind = kind;
        this.fill();
        const now = /** @type {HTMLElement | null} */ (this.element.querySelector(`[value=${kind}]`));
        now?.focus();
      });
      return h('label', { class: 'kind' }, box, w[`start-${kind}`]);
    });
    this.flaw.textContent = '';
    this.go.textContent = w['start-go'];
    const off = this.kind === 'command' && !offer.commands;
    const fields = off
      ? [h('p', { class: 'quiet' }, w['start-commands-off'], h('code', {}, 'framewire record --web -- python3 server.py'))]
      : [...this.fields(), this.flaw, h('p', { class: 'row' }, this.go)];
    this.element.replaceChildren(
      h('h3', {}, w['start']),
      h('div', { class: 'kinds', role: 'radiogroup', 'aria-label': w['start'] }, ...kinds),
      h('p', { class: 'quiet' }, w[`start-${this.kind}-long`]),
      ...fields,
    );
  }

  /** @returns {HTMLElement[]} */
  fields() {
    const { kind, server } = this;
    const w = server.offer?.words ?? {};
    const udp = this.values['transport'] === 'udp';
    const transport = this.choice('transport', w['start-transport'], [['tcp', 'TCP'], ['udp', 'UDP']]);
    const row = (/** @type {HTMLElement[]} */ ...fields) => h('div', { class: 'asks' }, ...fields);
    const framing = udp ? [] : [this.field('framing', w['start-framing'], { list: server.offer?.framings })];
    const more = (/** @type {string} */ title, /** @type {HTMLElement[]} */ ...inside) => h('details', {}, h('summary', {}, title), ...inside);
    if (kind === 'server') {
      const replies = ['upper', 'echo', 'discard', 'text'].map((reply) => /** @type {[string, string]} */ ([reply, w[`start-reply-${reply}`]]));
      const text = this.values['reply'] === 'text' ? [this.field('text', w['start-text'])] : [];
      return [row(transport, this.field('port', w['start-port'], { number: true }), ...framing, this.choice('reply', w['start-reply'], replies), ...text)];
    }
    if (kind === 'client') {
      const switches = ['nodelay', 'half-close', 'rst', 'no-recv'].filter((name) => !udp || name === 'no-recv');
      const cuts = udp ? [] : [this.field('chunk', w['start-chunk'], { number: true }), this.field('gap', w['start-gap'], { number: true })];
      return [
        row(transport, this.field('to', w['start-to-client']), ...framing),
        this.field('messages', w['start-messages'], { lines: true }),
        more(w['start-more'], row(this.field('count', w['start-count'], { number: true }), this.field('interval', w['start-interval'], { number: true }), ...cuts), ...switches.map((name) => this.box(name, w[`start-${name}`]))),
      ];
    }
    if (kind === 'relay') {
      const knobs = server.offer?.knobs[udp ? 'udp' : 'tcp'] ?? [];
      return [row(transport, this.field('port', w['start-port'], { number: true }), this.field('to', w['start-to-relay'])), more(w['start-knobs'], h('div', { class: 'turns' }, ...knobs.map((info) => this.knob(info))))];
    }
    return [this.field('line', w['start-line'])];
  }

  /** A knob of a relay that does not run yet. @param {import('../player/types.d.ts').KnobInfo} info */
  knob(info) {
    const now = (/** @type {string | undefined} */ text) => ({ ...info, value: text === undefined ? info.default : valueOf(info, text), changed: text !== undefined });
    const knob = new Knob(now(this.knobs[info.path]), (path, value) => {
      if (value === undefined || value === 'null') delete this.knobs[path];
      else this.knobs[path] = value;
      knob.update(now(this.knobs[path]));
    }, this.words);
    return knob.element;
  }

  /** The page's own words, which knobs need. @type {import('../player/types.d.ts').Words} */
  words = {};

  /**
   * @param {string} name
   * @param {string} label
   * @param {{ number?: boolean, lines?: boolean, list?: string[] }} [kind]
   */
  field(name, label, kind = {}) {
    const id = `fw-start-${++made}`;
    const value = this.values[name] ?? '';
    const input = kind.lines ? h('textarea', { id, name, rows: 2, spellcheck: 'false' }) : h('input', { id, name, type: 'text', autocomplete: 'off', spellcheck: 'false', ...(kind.number ? { inputmode: 'numeric' } : {}), ...(kind.list ? { list: `${id}-list` } : {}) });
    input.value = value;
    input.addEventListener('input', () => {
      this.values[name] = input.value;
      if (!input.hasAttribute('aria-invalid')) return;
      input.removeAttribute('aria-invalid');
      this.flaw.textContent = '';
    });
    const list = kind.list ? [h('datalist', { id: `${id}-list` }, ...kind.list.map((one) => h('option', { value: one })))] : [];
    return h('div', { class: kind.lines || name === 'line' ? 'ask wide' : 'ask' }, h('label', { for: id }, label), input, ...list);
  }

  /**
   * @param {string} name
   * @param {string} label
   * @param {[string, string][]} choices
   */
  choice(name, label, choices) {
    const id = `fw-start-${++made}`;
    const select = h('select', { id, name }, ...choices.map(([value, text]) => h('option', { value }, text)));
    select.value = this.values[name] ??= choices[0][0];
    select.addEventListener('change', () => {
      this.values[name] = select.value;
      // Other fields come and go with it.
      this.fill();
      const now = /** @type {HTMLElement | null} */ (this.element.querySelector(`[name=${name}]`));
      now?.focus();
    });
    return h('div', { class: 'ask' }, h('label', { for: id }, label), select);
  }

  /** @param {string} name @param {string} label */
  box(name, label) {
    const box = h('input', { type: 'checkbox' });
    box.checked = this.switches.has(name);
    box.addEventListener('change', () => (box.checked ? this.switches.add(name) : this.switches.delete(name)));
    return h('label', { class: 'choice' }, box, label);
  }

  async submit() {
    if (this.busy) return;
    const { server, kind } = this;
    this.busy = true;
    this.go.textContent = server.word('start-starting');
    this.flaw.textContent = '';
    for (const field of this.element.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
    const { framing, ...others } = this.values;
    const udp = this.values['transport'] === 'udp';
    const body = { ...others, ...(udp ? {} : { framing }), kind, switches: [...this.switches], knobs: kind === 'relay' ? this.fitting() : {} };
    try {
      const { number } = await server.act('api/start', body);
      this.started(number, kind);
    } catch (error) {
      this.point(error instanceof Refused ? error.field : '');
      this.flaw.textContent = error instanceof Error ? error.message : String(error);
    } finally {
      this.busy = false;
      this.go.textContent = server.word('start-go');
    }
  }

  /** The knobs that this relay has: those of the other transport stay for it. */
  fitting() {
    const own = this.server.offer?.knobs[this.values['transport'] === 'udp' ? 'udp' : 'tcp'] ?? [];
    return Object.fromEntries(Object.entries(this.knobs).filter(([path]) => own.some((info) => info.path === path)));
  }

  /** Shows which field is meant, if any; the words stand below it. @param {string} name */
  point(name) {
    const field = /** @type {HTMLElement | null} */ (name ? this.element.querySelector(`[name=${name}]`) : null);
    if (!field) {
      this.go.parentElement?.before(this.flaw);
      return;
    }
    field.parentElement?.append(this.flaw);
    const folded = field.closest('details');
    if (folded) folded.open = true;
    field.setAttribute('aria-invalid', 'true');
    field.setAttribute('aria-describedby', this.flaw.id);
    field.focus();
  }
}

/**
 * What a knob shows for a text that was set.
 * @param {import('../player/types.d.ts').KnobInfo} info
 * @param {string} text
 */
function valueOf(info, text) {
  if (text === 'off') return text;
  if (info.unit === 'switch') return text === 'true';
  if (info.unit === 'choice') return text;
  return Number(text.replace(/ns$/, ''));
}
