// Live: a recording is watched while it is written. The server sends the file and then what is appended to it; the last events are
// drawn again and again, and the picture follows the end until the reader takes hold of it.

import { LiveFeed } from '../pkg/framewire.js';
import { h, iconButton, relabel, sharedSheet } from './dom.js';
import * as open from './open.js';

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */
/** @typedef {import('../pkg/framewire.js').Player} Core */

/**
 * @typedef {object} Feed
 * @property {number} number
 * @property {string} name
 * @property {string} url
 * @property {string} file
 * @property {number} bytes
 * @property {boolean} running
 * @property {string} [started] from this page: server, client, relay or command
 * @property {string} [address] where it listens
 * @property {string} [said] what it printed last
 */

/** Events kept: at first, at least and at most. */
const KEEP = { first: 600, least: 120, most: 1500 };
/** A redraw may take so long, in milliseconds; fewer events are kept until it does. */
const COST = 18;
/** Between two redraws, in milliseconds, at least and at most: as long again as half a redraw, so that frames come in between. */
const GAP = { least: 50, most: 110 };
/** So often the sentences are written anew while redraws are costly, in milliseconds. */
const TELL = 250;
/** So often the list is asked for anew while it is shown, in milliseconds. */
const LOOK = 1000;
/** What is typed to see something. */
const EXAMPLES = ['framewire serve tcp --web', 'framewire record --web -- python3 server.py', 'framewire relay 9005 127.0.0.1:9001 --slice 1 --web'];

const css = `
.live-bar { display: flex; align-items: center; gap: 10px; padding: 2px 16px; background: var(--fw-panel); flex-wrap: wrap; }
.live-bar[hidden] { display: none; }
.live-bar .count { font-variant-numeric: tabular-nums; }
.live-bar .state::before { content: ''; display: inline-block; width: 9px; height: 9px; margin-right: 6px; border-radius: 50%; border: 1.5px solid currentColor; }
.live-bar.running .state::before { background: currentColor; }
.live-bar .gap { flex: 1; }
.feeds code { display: block; padding: 2px 0; user-select: all; overflow-wrap: anywhere; }
.feeds .more { padding: 0 20px 12px; }
`;

export const liveSheet = sharedSheet(css);

/** Where the server is; nowhere for a page of one file. */
function base() {
  const url = new URL('../', import.meta.url);
  return url.protocol.startsWith('http') ? url : undefined;
}

/** @returns {Promise<Feed[] | undefined>} what runs; `undefined` where there is no such server */
async function ask() {
  try {
    const at = base();
    if (!at) return undefined;
    const answer = await fetch(new URL('api/live', at));
    if (!answer.ok || !(answer.headers.get('content-type') ?? '').includes('json')) return undefined;
    const list = await answer.json();
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}

/** Offers live traffic where a server can show it. @param {FramewirePlayer} player */
export async function offerLive(player) {
  if ((await ask()) && player.isConnected) player.live.button.hidden = false;
}

export class Live {
  /** @param {FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.button = h('button', { type: 'button', class: 'text-button live', hidden: true, 'aria-haspopup': 'dialog', click: () => this.choose() });
    this.heading = h('h2', {});
    this.closeButton = iconButton('close', '', () => this.dialog.close());
    this.list = h('div', { class: 'choices' });
    this.more = h('div', { class: 'more' });
    this.element = this.dialog = h('dialog', { class: 'scenarios feeds' }, h('div', { class: 'bar' }, this.heading, h('span', { class: 'gap' }), this.closeButton), this.list, this.more);
    this.dialog.addEventListener('click', (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    this.state = h('span', { class: 'state', role: 'status' });
    this.count = h('span', { class: 'count' });
    this.holdButton = h('button', { type: 'button', class: 'text-button hold', click: () => this.hold(!this.held) });
    this.wholeButton = h('button', { type: 'button', class: 'text-button whole', click: () => this.whole() });
    this.leaveButton = iconButton('close', '', () => this.stop());
    this.bar = h('div', { class: 'live-bar', role: 'region', hidden: true }, this.state, this.count, h('span', { class: 'gap' }), this.holdButton, this.wholeButton, this.leaveButton);
    this.held = false;
    this.ended = false;
    this.lost = false;
    this.dirty = false;
    this.keep = KEEP.first;
    this.drawn = 0;
    /** Until the next redraw, and when the sentences were last written. */
    this.pause = GAP.least;
    this.told = 0;
    /** Events that came until the last redraw. */
    this.at = 0;
    /** What the list shows. */
    this.shown = '';
    /** @type {Feed | undefined} */
    this.feed = undefined;
    /** @type {LiveFeed | undefined} */
    this.source = undefined;
    /** @type {WebSocket | undefined} */
    this.socket = undefined;
    /** Starts programs, where the server can. @type {import('../served/start.js').Starter | undefined} */
    this.starter = undefined;
    /** The player's core as long as it is ours. @type {Core | undefined} */
    this.core = undefined;
    player.views.menu.element.after(this.button);
    player.notice.after(this.bar);
    // Whoever takes hold of the picture keeps it.
    player.addEventListener('select', (event) => {
      if (/** @type {CustomEvent} */ (event).detail) this.hold(true);
    });
    player.addEventListener('seeked', () => this.hold(true));
    player.addEventListener('play', () => this.hold(true));
  }

  translate() {
    const w = this.player.words;
    this.button.textContent = w['live'];
    this.button.title = w['live-long'];
    this.heading.textContent = w['live-long'];
    this.dialog.setAttribute('aria-label', w['live-long']);
    this.bar.setAttribute('aria-label', w['live']);
    relabel(this.closeButton, 'close', w['close']);
    relabel(this.leaveButton, 'close', w['live-leave']);
    this.wholeButton.textContent = w['live-whole'];
    this.tell();
    if (this.dialog.open) void this.fill();
    else void this.starter?.ready();
  }

  // ── What runs ──

  ask() {
    return ask();
  }

  async choose() {
    await this.fill();
    this.dialog.showModal();
    const again = async () => {
      if (!this.dialog.open) return;
      await this.fill();
      setTimeout(again, LOOK);
    };
    setTimeout(again, LOOK);
  }

  /** What can start programs, loaded when it is first needed; nothing where the server cannot. */
  async start() {
    const at = base();
    if (!at) return undefined;
    try {
      if (!this.starter) {
        const { Starter } = /** @type {typeof import('../served/start.js')} */ (await import(new URL('served/start.js', at).href));
        this.starter ??= new Starter(this);
      }
      return (await this.starter.ready()) ? this.starter : undefined;
    } catch {
      return undefined;
    }
  }

  async fill() {
    const [feeds = [], starter] = await Promise.all([this.ask(), this.start()]);
    const w = this.player.words;
    starter?.listed(feeds);
    const text = JSON.stringify([feeds.map((f) => [f.number, f.name, f.running, f.said]), this.player.lang, this.feed?.number, starter?.server.offer?.unlocked]);
    // A list that is the same keeps its focus.
    if (text === this.shown) return;
    this.shown = text;
    const rows = feeds.map((feed) => {
      const mine = this.feed?.number === feed.number;
      const row = h('button', { type: 'button', 'data-number': feed.number, ...(mine ? { 'aria-current': 'true' } : {}) }, h('b', {}, feed.name), h('span', {}, feed.running ? w['live-running'] : w['live-ended']));
      row.addEventListener('click', () => {
        this.dialog.close();
        this.watch(feed);
      });
      return h('div', { class: 'feed' }, row, ...(starter?.row(feed) ?? []));
    });
    this.list.replaceChildren(...rows);
    const more = w[feeds.length || starter?.server.offer?.unlocked ? 'live-more' : 'live-none'];
    this.more.replaceChildren(h('p', { class: 'quiet' }, more, ...EXAMPLES.map((line) => h('code', {}, line))));
  }

  // ── Watching ──

  /** @param {Feed} feed */
  watch(feed) {
    const at = base();
    if (!at) return;
    this.stop();
    this.player.sequence++;
    const url = new URL(feed.url, at);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    this.feed = feed;
    this.begin();
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', (event) => {
      if (socket === this.socket) this.hear(event.data);
    });
    socket.addEventListener('close', () => {
      if (socket !== this.socket) return;
      this.lost = !this.ended;
      this.tell();
      this.plan();
    });
    this.bar.hidden = false;
    void this.starter?.watching(feed.number, feed.started === 'relay' && feed.running);
    this.tell();
    this.plan();
  }

  /** A new file begins. */
  begin() {
    this.source?.free();
    this.source = new LiveFeed(this.feed?.name ?? '', this.keep);
    this.ended = false;
    this.lost = false;
    this.held = false;
  }

  /** @param {ArrayBuffer | string} said */
  hear(said) {
    const { source, player } = this;
    if (!source) return;
    if (typeof said === 'string') {
      const { event } = JSON.parse(said);
      if (event === 'again') this.begin();
      if (event === 'end') this.ended = true;
    } else {
      try {
        source.feed(new Uint8Array(said), player.lang);
      } catch (error) {
        this.stop();
        player.fail(error instanceof Error ? error.message : String(error));
        return;
      }
    }
    this.plan();
  }

  /** A redraw is wanted; it comes when the last one is long enough ago. */
  plan() {
    if (this.dirty) return;
    this.dirty = true;
    const wait = Math.max(0, this.drawn + this.pause - performance.now());
    setTimeout(() => requestAnimationFrame(() => this.draw()), wait);
  }

  draw() {
    this.dirty = false;
    const { source } = this;
    if (!source) return;
    this.tell();
    if (this.held && this.core) return;
    const begin = performance.now();
    this.show(source.player());
    this.at = source.events();
    const cost = performance.now() - begin;
    this.drawn = begin + cost;
    // What the browser itself needs for it counts, too: this comes when the frame is out.
    setTimeout(() => {
      this.drawn = performance.now();
      this.pause = Math.min(GAP.most, Math.max(GAP.least, 1.5 * (this.drawn - begin)));
    });
    // As many events as can be drawn in time.
    const keep = cost > COST ? this.keep * 0.7 : cost < COST / 3 && source.forgotten() > 0 ? this.keep * 1.2 : this.keep;
    this.keep = Math.round(Math.min(KEEP.most, Math.max(KEEP.least, keep)));
    source.keep(this.keep);
    this.tell();
  }

  /** @param {Core} core the last events */
  show(core) {
    const { player } = this;
    if (!this.core || player.core !== this.core) {
      this.core = core;
      const title = this.feed?.name ?? '';
      player.lab.take(undefined, 0);
      player.opened(core, { name: '', title, look: '', question: '', topic: '', view: '' });
      player.removeAttribute('scenario');
      player.removeAttribute('src');
    } else {
      const before = player.about;
      player.core.free();
      this.core = player.core = core;
      player.about = core.about();
      player.selected = 0;
      player.pointed = 0;
      player.lit.clear();
      const same = (/** @type {keyof typeof before} */ key) => JSON.stringify(before[key]) === JSON.stringify(player.about[key]);
      if (!same('programs')) {
        player.programs.opened();
        player.views.apply();
      }
      if (!same('known')) player.header.describe();
      player.ladder.fit();
      if (!same('connections')) {
        player.ledger.opened();
        player.ledger.layout();
        player.ledger.settle();
        player.states.opened();
        this.newest();
      } else {
        player.ledger.layout();
      }
      player.charts.opened();
    }
    player.playhead = player.extent;
    // The sentences are those of another core, though their numbers may be the same.
    const now = performance.now();
    if (this.pause === GAP.least || now - this.told >= TELL) {
      this.told = now;
      player.transcript.first = -1;
    }
    const { scroller } = player.ladder;
    scroller.scrollTop = scroller.scrollHeight;
    player.moved();
    if (player.narrow) player.ladder.follow();
  }

  /** Of many connections the one that came last is shown. */
  newest() {
    const { ledger, about } = this.player;
    if (ledger.connection < 0) return;
    ledger.connection = about.connections.length - 1;
    ledger.choice.value = String(ledger.connection);
    ledger.layout();
  }

  /**
   * Holds the picture, or follows the end again. What comes meanwhile is taken all the same.
   * @param {boolean} on
   */
  hold(on) {
    if (!this.source || on === this.held) return;
    this.held = on;
    if (!on) this.player.pause();
    this.tell();
    this.plan();
  }

  /** The whole recording so far, which may be long. */
  whole() {
    const { feed } = this;
    const at = base();
    if (!feed || !at) return;
    this.stop();
    void open.fromUrl(this.player, new URL(feed.file, at).href, feed.name);
  }

  /** Something else was opened, or the reader has seen enough. */
  stop() {
    const { socket } = this;
    this.socket = undefined;
    socket?.close();
    this.source?.free();
    this.source = undefined;
    this.core = undefined;
    this.feed = undefined;
    this.bar.hidden = true;
    void this.starter?.watching(-1);
  }

  tell() {
    const { source, player } = this;
    const w = player.words;
    if (!source || !this.feed) return;
    const [events, forgotten] = [source.events(), source.forgotten()];
    const over = this.ended || this.lost || source.damaged();
    const state = this.ended ? 'live-ended' : this.lost ? 'live-lost' : source.damaged() ? 'cut' : 'live-running';
    if (this.state.textContent !== w[state]) this.state.textContent = w[state];
    this.bar.classList.toggle('running', !over);
    const fresh = this.held ? ` ${player.word('live-new', String(events - this.at))}` : '';
    this.count.textContent =
      (forgotten > 0 ? player.word('live-window', String(events - forgotten), String(events)) : player.word('live-count', String(events))) + fresh;
    this.holdButton.textContent = this.held ? w['live-follow'] : w['live-hold'];
    this.holdButton.hidden = over && !this.held;
    this.wholeButton.hidden = forgotten === 0 && !over;
  }
}
