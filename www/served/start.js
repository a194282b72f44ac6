// What a page of `framewire web` can do beyond watching: start programs, stop them, and turn a relay's knobs while it runs. The page
// loads this when its live dialog is opened; a page without such a server never does.

import { h, sharedSheet } from '../player/dom.js';
import { Knob } from '../player/knob.js';
import { Form } from './form.js';
import { Server } from './server.js';
import { SideBySide } from './side.js';

/** @typedef {import('../player/live.js').Live} Live */
/** @typedef {import('../player/live.js').Feed} Feed */
/** @typedef {import('../player/types.d.ts').KnobInfo} KnobInfo */

const css = `
.feeds .all { overflow: auto; flex: 1; min-height: 0; }
.feeds .choices { overflow: visible; }
.feeds .feed { display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: center; gap: 0 8px; }
.feeds .feed > .stop { width: auto; border-color: var(--fw-line); min-height: 36px; }
.feeds .feed > .said { grid-column: 1 / -1; margin: 0 8px 6px; font: 12px/16px var(--fw-mono); white-space: pre-wrap; overflow-wrap: anywhere; max-height: 96px; overflow: auto; border-left: 3px solid var(--fw-line); padding-left: 8px; }
.feeds .start, .feeds .locked, .feeds .real { margin: 0 16px 12px; border-top: 1px solid var(--fw-line); padding-top: 8px; }
.feeds .start h3 { margin: 4px 0; }
.feeds .start p { margin: 6px 0; }
.feeds .kinds { display: flex; flex-wrap: wrap; gap: 0 16px; }
.feeds .kind, .feeds .start .choice { display: inline-flex; align-items: center; gap: 6px; min-height: 32px; }
.feeds .start .choice { display: flex; }
.feeds .start input[type=radio], .feeds .start input[type=checkbox] { width: 16px; height: 16px; min-height: 0; margin: 0; padding: 0; flex: none; accent-color: var(--fw-ink); }
.feeds .asks { display: grid; grid-template-columns: repeat(auto-fill, minmax(180px, 1fr)); gap: 8px 12px; align-items: end; }
.feeds .ask { display: flex; flex-direction: column; gap: 2px; margin-bottom: 8px; min-width: 0; }
.feeds .ask label { font-size: 12px; color: var(--fw-faint); }
.feeds .ask input, .feeds .ask textarea, .feeds .ask select { font: inherit; color: inherit; background: var(--fw-paper); border: 1px solid var(--fw-faint); border-radius: 4px; min-height: 36px; padding: 4px 8px; width: 100%; flex: none; min-width: 0; box-sizing: border-box; }
.feeds .ask textarea { resize: vertical; }
.feeds [name=line], .feeds [name=messages], .feeds [name=framing] { font-family: var(--fw-mono); }
.feeds .ask [aria-invalid] { border: 2px solid var(--fw-trouble); }
.feeds .flaw:not(:empty) { color: var(--fw-trouble); border-left: 4px solid var(--fw-trouble); padding-left: 8px; overflow-wrap: anywhere; }
.feeds .flaw:empty { display: none; }
.feeds .go, .feeds .unlock { border: 1px solid var(--fw-ink); padding: 0 20px; min-height: 36px; }
.feeds summary, .live-bar summary { font-size: 12px; font-weight: 600; padding: 8px 0; cursor: pointer; }
.feeds .knob input { flex: none; min-height: 28px; width: auto; }
.feeds .knob input[type=range] { flex: 1 1 80px; padding: 0; }
.feeds .knob input[type=number] { width: 9ch; }
.turns { display: grid; grid-template-columns: repeat(auto-fill, minmax(260px, 1fr)); gap: 0 16px; }
.live-bar .turning { flex: 1 0 100%; max-height: 40vh; overflow: auto; }
.live-bar .turning input[type=checkbox] { width: 16px; height: 16px; margin: 0; accent-color: var(--fw-ink); flex: none; }
.live-bar .turning .row { margin: 6px 0; }
.live-bar .turning .row button { border: 1px solid var(--fw-line); }
.narrow .feeds .start, .narrow .feeds .locked, .narrow .feeds .real { margin: 0 8px 12px; }
.narrow .feeds .kind, .narrow .feeds .start .choice, .narrow .feeds .ask input, .narrow .feeds summary, .narrow .live-bar summary { min-height: 44px; box-sizing: border-box; }
.narrow .feeds summary, .narrow .live-bar summary { padding: 13px 0; }
.feeds .real .go { margin-right: 12px; }
.side .half h3 { display: flex; align-items: center; gap: 8px; }
.side .half .text-button { border-color: var(--fw-line); min-height: 28px; padding: 0 8px; }
.side .sum { margin-top: 0; margin-bottom: 0; }
.side .differs { color: var(--fw-trouble); }
.narrow .side .half .text-button { min-height: 44px; }
`;

const sheet = sharedSheet(css);
/** What the server has to be told of a program that was stopped. */
const NOTHING = {};

export class Starter {
  /** @param {Live} live */
  constructor(live) {
    this.live = live;
    this.player = live.player;
    const root = /** @type {ShadowRoot} */ (live.dialog.getRootNode());
    if (!root.adoptedStyleSheets.includes(sheet())) root.adoptedStyleSheets.push(sheet());
    this.server = new Server();
    this.form = new Form(this.server, (number, kind) => void this.begun(number, kind));
    this.locked = h('form', { class: 'locked' });
    this.locked.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.unlock();
    });
    this.key = h('input', { type: 'password', name: 'key', autocomplete: 'off', id: 'fw-key' });
    this.lockFlaw = h('p', { class: 'flaw', role: 'alert' });
    this.element = h('div', { class: 'all' });
    live.list.replaceWith(this.element);
    this.side = new SideBySide(this);
    this.runText = h('span', { class: 'quiet' });
    this.runButton = h('button', { type: 'button', class: 'go', click: () => void this.perform() });
    this.runFlaw = h('p', { class: 'flaw', role: 'alert' });
    this.real = h('div', { class: 'real', hidden: true }, this.runButton, this.runText, this.runFlaw);
    this.performed = h('div', { class: 'choices' });
    /** Which performances are listed. */
    this.told = '';
    this.element.append(live.list, this.performed, this.real, this.form.element, this.locked, live.more);
    this.turning = h('details', { class: 'turning', hidden: true });
    live.bar.append(this.turning);
    /** Whose knobs are shown. */
    this.relay = -1;
    /** @type {Map<string, Knob>} */
    this.knobs = new Map();
    /** The last knob's turn is on its way; the next waits, and only the newest of each. @type {Map<string, string>} */
    this.wanted = new Map();
    this.turningNow = false;
  }

  /** The words of the reader's language are there; false where the server starts nothing. */
  async ready() {
    const { server, player } = this;
    if (server.lang === player.lang && server.offer?.unlocked) return true;
    const was = `${server.lang} ${server.offer?.unlocked}`;
    const offer = await server.ask(player.lang);
    if (!offer) return false;
    if (was !== `${server.lang} ${offer.unlocked}`) this.fill();
    return true;
  }

  fill() {
    const { server, form } = this;
    const w = server.offer?.words ?? {};
    const open = server.offer?.unlocked ?? false;
    form.words = this.player.words;
    form.element.hidden = !open;
    this.locked.hidden = open;
    if (open) form.fill();
    else this.locked.replaceChildren(h('p', {}, w['start-locked']), h('div', { class: 'ask' }, h('label', { for: 'fw-key' }, w['start-key']), this.key), this.lockFlaw, h('p', { class: 'row' }, h('button', { type: 'submit', class: 'unlock' }, w['start-unlock'])));
    this.runButton.textContent = w['run-real'];
    this.listed([]);
    if (this.relay >= 0) void this.watching(this.relay, true);
  }

  /** Performs the open scenario, as it was changed, on real sockets. */
  async perform() {
    const { bench } = this.player.lab;
    if (!bench || this.runButton.disabled) return;
    this.runFlaw.textContent = '';
    this.runButton.disabled = true;
    this.runButton.textContent = this.server.word('run-running');
    try {
      await this.side.run(bench.json());
      this.live.dialog.close();
    } catch (error) {
      this.runFlaw.textContent = error instanceof Error ? error.message : String(error);
    } finally {
      this.runButton.disabled = false;
      this.runButton.textContent = this.server.word('run-real');
    }
  }

  async unlock() {
    const { server } = this;
    server.key = this.key.value;
    this.key.value = '';
    this.lockFlaw.textContent = '';
    await this.ready();
    if (server.offer?.unlocked) return;
    // The server's own words for it.
    await server.act('api/start', NOTHING).catch((error) => (this.lockFlaw.textContent = error.message));
    this.key.focus();
  }

  /** @param {Feed[]} feeds */
  listed(feeds) {
    const { offer } = this.server;
    if (offer?.performs) void this.past();
    const { bench, info } = { bench: this.player.lab.bench, info: this.player.info };
    this.real.hidden = !offer?.unlocked || !offer.performs || !bench;
    this.runText.textContent = `${info?.title ?? ''}${this.player.words['colon']}${this.server.word('run-real-long')}`;
    if (!bench) this.runFlaw.textContent = '';
    const at = feeds.filter((feed) => feed.running && feed.address);
    // A client talks to a relay rather than to the server behind it.
    const last = at.at(-1)?.address;
    if (last) this.form.suggest(last);
  }

  /** Lists the scenarios that were performed, here or from a terminal. */
  async past() {
    /** @type {import('./side.js').Outcome[]} */
    const all = await this.server.send('api/run').catch(() => []);
    const text = JSON.stringify([all.map((one) => one.number), this.server.lang]);
    if (text === this.told) return;
    this.told = text;
    const rows = all.map((outcome) => {
      const verdict = this.server.word(outcome.as_modelled ? 'run-as-modelled' : 'run-differs');
      const row = h('button', { type: 'button', 'data-run': outcome.number }, h('b', {}, `${this.server.word('run-title')}${this.player.words['colon']}${outcome.title}`), h('span', {}, `${outcome.as_modelled ? '=' : '≠'} ${verdict}`));
      row.addEventListener('click', () => {
        this.live.dialog.close();
        this.side.show(outcome).catch((error) => this.player.say(error.message, true));
      });
      return row;
    });
    this.performed.replaceChildren(...rows);
  }

  /** What stands beside and below a row. @param {Feed} feed @returns {HTMLElement[]} */
  row(feed) {
    const w = this.server.offer?.words ?? {};
    if (!feed.started) return [];
    const what = feed.running ? 'start-stop' : 'start-remove';
    const stop = h('button', { type: 'button', class: 'stop', 'aria-label': (w[`${what}-long`] ?? '').replace('{0}', feed.name) }, w[what]);
    stop.addEventListener('click', () => void this.stop(feed, stop));
    const refused = /refused/i.test(feed.said ?? '') && feed.started === 'client' ? `\n${w['start-refused']}` : '';
    const said = feed.said ? [h('p', { class: 'said' }, h('b', {}, w['start-said']), `${feed.said}${refused}`)] : [];
    return [...(this.server.offer?.unlocked ? [stop] : []), ...said];
  }

  /** @param {Feed} feed @param {HTMLButtonElement} button */
  async stop(feed, button) {
    button.disabled = true;
    await this.server.act(`api/live/${feed.number}/stop`, NOTHING).catch((error) => this.player.say(error.message, true));
    await this.live.fill();
    this.live.closeButton.focus();
  }

  /**
   * Something was started: it is shown. A client beside what is being watched leaves that in sight.
   * @param {number} number
   * @param {string} kind
   */
  async begun(number, kind) {
    const { live } = this;
    const feed = (await live.ask())?.find((one) => one.number === number);
    if (!feed) return;
    if (feed.address) this.form.suggest(feed.address);
    live.dialog.close();
    if (kind === 'client' && live.feed && !live.ended && !live.lost) live.hold(false);
    else live.watch(feed);
  }

  // ── A relay's knobs, while it runs ──

  /**
   * A recording is watched; if a relay that was started here makes it, its knobs stand below.
   * @param {number} number
   * @param {boolean} [relay]
   */
  async watching(number, relay = false) {
    const { turning, server } = this;
    // In another language it stays as it was.
    const open = this.relay === number && !turning.hidden ? turning.open : !this.player.narrow;
    this.relay = relay ? number : -1;
    turning.hidden = true;
    if (!relay || !(await this.ready()) || !server.offer?.unlocked) return;
    /** @type {KnobInfo[]} */
    const infos = await server.send(`api/live/${number}/knobs?lang=${server.lang}`).catch(() => []);
    if (this.relay !== number || infos.length === 0) return;
    const { words } = this.player;
    this.knobs = new Map(infos.map((info) => [info.path, new Knob(info, (path, value) => void this.turn(path, value ?? 'null'), words)]));
    const tcp = this.knobs.has('slice');
    const reset = h('button', { type: 'button', class: 'text-button', title: server.word('start-reset-long'), click: () => void this.reset() }, server.word('start-reset'));
    turning.replaceChildren(h('summary', {}, server.word('start-turn')), h('div', { class: 'turns' }, ...[...this.knobs.values()].map((knob) => knob.element)), ...(tcp ? [h('p', { class: 'row' }, reset)] : []));
    turning.open = open;
    turning.hidden = false;
  }

  /** @param {string} path @param {string} value */
  async turn(path, value) {
    this.wanted.set(path, value);
    if (this.turningNow) return;
    this.turningNow = true;
    while (this.wanted.size) {
      const [[next, text]] = this.wanted;
      this.wanted.delete(next);
      await this.turnOne(next, text);
    }
    this.turningNow = false;
  }

  /** @param {string} path @param {string} value */
  async turnOne(path, value) {
    try {
      /** @type {KnobInfo[]} */
      const infos = await this.server.act(`api/live/${this.relay}/knobs`, { path, value });
      for (const info of infos) this.knobs.get(info.path)?.update(info);
    } catch (error) {
      this.player.say(error instanceof Error ? error.message : String(error), true);
    }
  }

  async reset() {
    await this.server.act(`api/live/${this.relay}/reset`, NOTHING).catch((error) => this.player.say(error.message, true));
  }
}
