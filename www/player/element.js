// <framewire-player>: the player as a custom element. It follows the habits of <video>: play(), pause(), paused,
// currentTime, duration, ended, playbackRate, loop, load(), and the events loadstart, loadeddata, play, pause, timeupdate,
// seeked, ratechange, ended, error. What makes it a guest in other pages stands in embed.js.

import { fill, loadCore, preferredLang, wordsOf } from './core.js';
import { Connections } from './connections.js';
import { Controls } from './controls.js';
import { breathe, h } from './dom.js';
import { Embed, NARROW_ROOM } from './embed.js';
import { dialogSheet } from './dialog.js';
import { Export } from './export.js';
import { ChartsView, StatesView } from './figures.js';
import { Framing, framingSheet } from './framing.js';
import { Header } from './header.js';
import { Inspector } from './inspector.js';
import { Help, handleKey } from './keys.js';
import { Laboratory, labSheet } from './lab.js';
import { LadderView } from './ladder.js';
import { LedgerView, PEEK } from './ledger.js';
import { Live, liveSheet } from './live.js';
import { Programs, Transcript, Variables } from './panels.js';
import { Predict, predictSheet } from './predict.js';
import { Printing } from './printing.js';
import { savePage } from './save.js';
import { Share } from './share.js';
import { sheet } from './styles.js';
import { PLAIN, readTheme } from './theme.js';
import { Views } from './views.js';
import * as open from './open.js';

/** @typedef {import('../pkg/framewire.js').Player} Core */
/** @typedef {import('./types.d.ts').About} About */
/** @typedef {import('./types.d.ts').ScenarioInfo} ScenarioInfo */

/** Positions a second at normal speed. */
const PACE = 70;
/** Below this width the views stand one above the other. */
const NARROW = 760;
/** Below this width the inspector lies over the stage, when there is something to inspect, instead of taking room beside it. */
const ROOMY = 1120;
/** With reduced motion the picture steps this often at normal speed, in milliseconds. */
const STEP_MS = 800;

/** So long after the last change the transcript and the laboratory's panel follow, in milliseconds. */
const SETTLE_MS = 80;

/** What the views are arranged by. @param {About} about */
const shapeOf = ({ hosts, programs, connections, known }) => JSON.stringify([hosts, programs, connections, known]);

/** @type {About} */
const NOTHING = { hosts: [], connections: [], programs: [], known: [], packets: 0, calls: 0, end: 0 };

export class FramewirePlayer extends HTMLElement {
  static observedAttributes = ['scenario', 'src', 'lang', 'theme', 'loop', 'speed', 'view', 'controls', 'height', 'connection', 'predict'];

  /** @type {Core | undefined} */
  core;
  /** @type {About} */
  about = NOTHING;
  /** @type {ScenarioInfo | undefined} */
  info;
  /** Position of the playhead, and of the end. */
  playhead = 0;
  extent = 0;
  rowCount = 0;
  paused = true;
  speed = 1;
  relative = true;
  selected = 0;
  pointed = 0;
  presenting = false;
  narrow = false;
  /** @type {Set<number>} */
  lit = new Set();
  /** @type {import('./types.d.ts').Words} */
  words = {};
  sequence = 0;
  frame = 0;
  lastTick = 0;
  fitted = '';
  /** A conversation is being taken over: nothing is drawn until all of it stands. */
  opening = false;
  settling = 0;
  /** @type {string | undefined} */
  preferred;
  /** What load() was given. @type {string | object | undefined} */
  given;
  /** The file that is open, and which of its connections. @type {{ recording: import('../pkg/framewire.js').Recording, name: string, connection: number | undefined, local: boolean } | undefined} */
  held;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sheet(), framingSheet(), labSheet(), dialogSheet(), predictSheet(), liveSheet()];
    this.pictureHost = {
      theme: () => this.theme,
      playhead: () => this.playhead,
      horizon: () => this.predict.horizon,
      lit: () => this.lit,
      point: (/** @type {number} */ id) => this.point(id),
      select: (/** @type {number} */ id) => this.select(id),
    };
    this.views = new Views(this);
    this.connections = new Connections(this);
    this.export = new Export(this);
    this.share = new Share(this);
    this.predict = new Predict(this);
    this.live = new Live(this);
    this.header = new Header(this);
    this.ladder = new LadderView(this);
    this.ledger = new LedgerView(this);
    this.states = new StatesView(this);
    this.charts = new ChartsView(this);
    this.programs = new Programs(this);
    this.inspector = new Inspector(this);
    this.transcript = new Transcript(this);
    this.variables = new Variables(this);
    this.controlBar = new Controls(this);
    this.help = new Help(this);
    this.printing = new Printing(this);
    this.framing = new Framing(this);
    this.lab = new Laboratory(this);
    this.notice = h('p', { class: 'notice', role: 'status' });
    this.stage = h(
      'div',
      { class: 'stage' },
      this.programs.left,
      this.ladder.element,
      this.states.element,
      this.charts.element,
      this.programs.right,
      this.ledger.element,
      this.variables.element,
      this.transcript.element,
    );
    this.frameElement = h(
      'div',
      { class: 'player' },
      this.header.element,
      this.notice,
      this.live.bar,
      h('div', { class: 'body' }, this.stage, this.lab.element, this.inspector.element),
      this.predict.element,
      h('footer', {}, this.controlBar.element),
      this.header.picker.element,
      this.help.element,
      this.printing.element,
      this.framing.element,
      this.lab.editor.element,
      this.lab.compare.element,
      this.connections.element,
      this.export.element,
      this.share.element,
      this.live.dialog,
      h('div', { class: 'drop' }),
    );
    root.append(this.frameElement);
    this.embed = new Embed(this);
    this.theme = PLAIN;
    this.resized = new ResizeObserver(() => this.arrange());
    this.dark = matchMedia('(prefers-color-scheme: dark)');
    this.still = matchMedia('(prefers-reduced-motion: reduce)');
    this.retheme = () => this.applyTheme();
    this.screen = () => {
      if (this.presenting && !document.fullscreenElement) this.setPresenting(false);
    };
    this.addEventListener('keydown', (event) => this.key(event));
    open.acceptDrops(this);
  }

  connectedCallback() {
    this.dark.addEventListener('change', this.retheme);
    document.addEventListener('fullscreenchange', this.screen);
    this.printing.connect();
    this.embed.connected();
  }

  /** Loads and opens what the attributes say; called when the player comes near to the screen. */
  async wake() {
    this.dispatchEvent(new Event('loadstart'));
    try {
      await loadCore();
    } catch (error) {
      this.fail(`framewire: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    // A task of its own: whoever types or scrolls meanwhile is not kept waiting.
    await breathe();
    if (!this.isConnected) return;
    this.loaded = true;
    this.speed = Number(this.getAttribute('speed')) || 1;
    this.retranslate();
    this.applyTheme();
    this.resized.observe(this.frameElement);
    this.resized.observe(this.ladder.scroller);
    this.resized.observe(this.ledger.box);
    for (const view of [this.states, this.charts]) this.resized.observe(view.box);
    if (this.embed.controls === 'full') await this.header.fillScenarios();
    await this.load();
  }

  /**
   * Opens what is given, or (again) what the attributes and the child say.
   * @param {string | object | Uint8Array | ArrayBuffer | Blob} [source] a scenario (JSON text or object) or a recording
   */
  async load(source) {
    if (source !== undefined) this.given = source;
    // Off the screen it can wait: wake() comes back here.
    if (!this.loaded) return;
    if (this.given !== undefined) return open.anything(this, this.given);
    const { scenario, src } = this.asked();
    const inline = this.embed.inline();
    if (src) await open.fromUrl(this, src);
    else if (inline) await open.text(this, inline);
    else if (scenario) await open.scenario(this, scenario);
  }

  disconnectedCallback() {
    this.pause();
    this.sequence++;
    this.loaded = false;
    this.embed.disconnected();
    this.dark.removeEventListener('change', this.retheme);
    document.removeEventListener('fullscreenchange', this.screen);
    this.printing.disconnect();
    this.live.stop();
    this.resized.disconnect();
    for (const view of this.pictures) view.picture.stop();
    this.core?.free();
    this.core = undefined;
    this.lab.take(undefined, 0);
    clearTimeout(this.settling);
    this.settling = 0;
    this.held?.recording.free();
    this.held = undefined;
  }

  asked() {
    return {
      src: this.getAttribute('src'),
      scenario: this.getAttribute('scenario') ?? this.header.first(),
    };
  }

  /**
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} value
   */
  attributeChangedCallback(name, before, value) {
    if (before === value) return;
    if ((name === 'src' || name === 'scenario') && value) this.given = undefined;
    if (!this.loaded) return;
    if (name === 'lang') this.retranslate();
    else if (name === 'theme') this.applyTheme();
    else if (name === 'speed' && value) this.setSpeed(Number(value) || 1);
    else if (name === 'loop') this.controlBar.update();
    else if (name === 'view') this.views.reset();
    else if (name === 'controls') this.embed.arrangeControls();
    else if (name === 'height') this.embed.applyHeight();
    else if (name === 'predict') this.predict.changed();
    else if (name === 'connection') void this.load();
    else if (name === 'src' && value) void open.fromUrl(this, value);
    else if (name === 'scenario' && value && value !== this.info?.name) void open.scenario(this, value);
  }

  // ── What is open ──

  /**
   * Takes over an opened conversation.
   * @param {Core} core
   * @param {ScenarioInfo} info
   */
  opened(core, info) {
    this.pause();
    if (core !== this.live.core) this.live.stop();
    this.core?.free();
    this.core = core;
    this.info = info;
    this.about = core.about();
    this.selected = 0;
    this.pointed = 0;
    this.lit = new Set();
    this.ladder.scroller.scrollTop = 0;
    this.stage.scrollTop = 0;
    this.playhead = 0;
    // First all that stands in the page, then, once, the pictures: they ask for their sizes.
    this.opening = true;
    this.programs.opened();
    this.header.opened();
    this.connections.translate();
    this.states.opened();
    this.ledger.opened();
    this.views.apply();
    this.opening = false;
    // At first the whole figure, as it would stand in a book; unless the page wants another beginning.
    this.fitted = '';
    this.arrange();
    this.ledger.settle();
    this.embed.opened();
    this.predict.opened();
    this.charts.opened();
    this.inspector.show();
    this.transcript.translate();
    this.moved();
    this.say('');
    this.dataset.state = 'ready';
    this.dispatchEvent(new Event('loadeddata'));
  }

  /**
   * Takes over another run of what is open: playhead, scrolling and selection stay where they are. What is not drawn
   * (the transcript, the laboratory's panel, the header) follows a moment later, so that a slider does not wait for it, and the
   * pictures ask for their sizes before anything on the page has moved.
   * @param {Core} core
   */
  reopened(core) {
    const { selected, playhead, extent, ladder } = this;
    const nanos = this.core?.nanos(playhead) ?? 0;
    const [zoom, top] = [ladder.zoom, ladder.scroller.scrollTop];
    const before = shapeOf(this.about);
    this.core?.free();
    this.core = core;
    this.about = core.about();
    this.pointed = 0;
    this.settleSoon();
    const same = shapeOf(this.about) === before;
    if (!same) {
      this.programs.opened();
      this.states.opened();
      this.views.apply();
    }
    ladder.fit();
    this.playhead = playhead >= extent - 0.01 ? this.extent : Math.min(this.extent, core.position(nanos));
    if (zoom !== 1) {
      ladder.zoom = zoom;
      ladder.layout();
    }
    if (top) ladder.scroller.scrollTop = top;
    if (same) this.ledger.layout();
    else {
      this.ledger.opened();
      this.ledger.settle();
    }
    this.states.layout();
    if (!this.charts.element.hidden || !same) this.charts.opened();
    if (selected) this.select(core.inspect(selected, this.relative, this.lang) ? selected : 0);
    this.predict.opened();
    this.moved();
    this.embed.arranged();
    this.dataset.state = 'ready';
    this.dispatchEvent(new Event('loadeddata'));
  }

  settleSoon() {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), SETTLE_MS);
  }

  /** What follows a moment after a change. */
  settle() {
    this.settling = 0;
    this.transcript.first = -1;
    this.transcript.follow();
    this.header.describe();
    this.lab.fill();
  }

  /** The full JSON text of the scenario as it is shown now, with all changes; nothing for a recording. */
  scenarioJson() {
    return this.lab.bench?.json();
  }

  /** @param {string} message shown to the reader */
  fail(message) {
    this.say(message, true);
    this.dataset.state = 'failed';
    this.dispatchEvent(new CustomEvent('error', { detail: message }));
  }

  /**
   * @param {string} message
   * @param {boolean} [bad]
   */
  say(message, bad = false) {
    this.notice.textContent = message;
    this.notice.classList.toggle('bad', bad);
    this.notice.setAttribute('role', bad ? 'alert' : 'status');
  }

  /**
   * @param {number} height
   * @param {number} playhead where it stands now
   */
  extentChanged(height, playhead) {
    const core = this.core;
    if (!core) return;
    this.extent = height;
    this.playhead = Math.min(playhead, height);
    this.rowCount = core.rowsUntil(Number.MAX_VALUE);
    this.predict.relaid();
    this.transcript.first = -1;
    this.controlBar.drawMarks();
  }

  get documentTitle() {
    const title = this.info?.title;
    return title ? `${title} · framewire` : 'framewire';
  }

  // ── Moving in time ──

  get duration() {
    return this.about.end / 1e9;
  }

  /** Seconds, as <video> has it. */
  get currentTime() {
    return this.core ? this.core.nanos(this.playhead) / 1e9 : 0;
  }

  set currentTime(seconds) {
    if (this.core) this.seek(this.core.position(seconds * 1e9), true);
  }

  get ended() {
    return this.core !== undefined && this.embed.finished;
  }

  get playbackRate() {
    return this.speed;
  }

  set playbackRate(rate) {
    this.setSpeed(rate);
  }

  get loop() {
    return this.hasAttribute('loop');
  }

  /** @param {number} position */
  timeText(position) {
    return this.core?.timeText(position, this.lang) ?? '';
  }

  toggle() {
    if (this.paused) void this.play();
    else this.pause();
  }

  /** Plays; a player that has not been scrolled to loads first. It runs only while it is on the screen. */
  async play() {
    if (!this.core) {
      this.embed.eager = true;
      this.embed.approached();
      return;
    }
    if (!this.paused) return;
    if (this.embed.finished) this.playhead = this.embed.from();
    this.paused = false;
    if (this.embed.seen) this.run();
    this.controlBar.update();
    this.dispatchEvent(new Event('play'));
  }

  run() {
    this.lastTick = performance.now();
    this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  pause() {
    if (this.paused) return;
    this.paused = true;
    cancelAnimationFrame(this.frame);
    this.controlBar.update();
    this.dispatchEvent(new Event('pause'));
  }

  /** @param {number} now */
  tick(now) {
    const core = this.core;
    if (this.paused || !core) return;
    const passed = now - this.lastTick;
    const until = Math.min(this.embed.until(), this.predict.horizon);
    if (this.still.matches) {
      if (passed >= STEP_MS / this.speed) {
        this.lastTick = now;
        this.playhead = Math.min(until, core.step(this.playhead, 1, false));
        this.followed();
      }
    } else {
      this.lastTick = now;
      this.playhead = Math.min(until, this.playhead + (Math.min(passed, 100) / 1000) * PACE * this.speed);
      this.followed();
    }
    if (this.playhead >= until - 0.01) {
      // A question is waiting here.
      if (this.predict.horizon < this.extent) return this.pause();
      if (!this.loop) {
        this.pause();
        this.dispatchEvent(new Event('ended'));
        return;
      }
      this.playhead = this.embed.from();
    }
    this.frame = requestAnimationFrame((at) => this.tick(at));
  }

  /**
   * @param {number} position
   * @param {boolean} [byHand] pauses, and scrolls there
   */
  seek(position, byHand = false) {
    if (byHand) this.pause();
    this.playhead = Math.max(0, Math.min(this.extent, this.predict.horizon, position));
    this.followed();
    this.dispatchEvent(new Event('seeked'));
  }

  /** The playhead moved, and the ladder is to show where it is: this first, for it asks where things stand before anything changes. */
  followed() {
    this.ladder.follow();
    this.moved();
  }

  /**
   * @param {number} step
   * @param {boolean} segments
   */
  step(step, segments) {
    if (this.core) this.seek(this.core.step(this.playhead, step, segments), true);
  }

  /** The playhead moved: everything that depends on it follows. */
  moved() {
    this.ladder.picture.repaint();
    this.ledger.picture.repaint();
    this.states.follow();
    this.charts.follow();
    this.controlBar.follow();
    this.programs.follow();
    if (!this.settling) this.transcript.follow();
    this.variables.follow();
    this.lab.follow();
    this.dispatchEvent(new Event('timeupdate'));
  }

  /**
   * Does what a key means; a page may pass on keys that nobody else wants.
   * @param {KeyboardEvent} event
   */
  key(event) {
    handleKey(this, event);
  }

  /** @param {number} speed */
  setSpeed(speed) {
    this.speed = speed;
    this.controlBar.update();
    this.dispatchEvent(new Event('ratechange'));
  }

  /** @param {boolean} on */
  setLoop(on) {
    this.toggleAttribute('loop', on);
    this.controlBar.update();
  }

  // ── Pointing and selecting ──

  /** @param {number} id */
  point(id) {
    if (id === this.pointed) return;
    this.pointed = id;
    this.relight();
    this.ledger.tell();
  }

  /** @param {number} id */
  select(id) {
    this.selected = id;
    this.frameElement.classList.toggle('selected', id !== 0);
    this.relight();
    this.ledger.tell();
    this.inspector.show();
    this.dispatchEvent(new CustomEvent('select', { detail: id }));
  }

  relight() {
    this.lit = new Set();
    for (const id of [this.selected, this.ledger.octet ? 0 : this.pointed]) {
      if (id && this.core) for (const other of this.core.related(id)) this.lit.add(other);
    }
    for (const id of this.ledger.carriers()) this.lit.add(id);
    for (const view of this.pictures) view.picture.repaint();
  }

  get pictures() {
    return [this.ladder, this.ledger, this.states, this.charts];
  }

  // ── How it looks ──

  get lang() {
    const own = this.getAttribute('lang');
    // A figure speaks the language of the text around it; the page of its own that of the reader.
    const tag = own ?? (this.embed.controls === 'full' ? undefined : this.closest('[lang]')?.getAttribute('lang'));
    return tag ? (tag.toLowerCase().startsWith('zh') ? 'zh' : 'en') : (this.preferred ??= preferredLang());
  }

  set lang(value) {
    this.setAttribute('lang', value);
  }

  retranslate() {
    this.words = wordsOf(this.lang);
    this.frameElement.lang = this.lang === 'zh' ? 'zh-CN' : 'en';
    this.header.translate();
    this.ladder.scroller.setAttribute('aria-label', this.words['ladder']);
    for (const part of [this.views, this.states, this.charts, this.controlBar, this.inspector, this.transcript, this.variables, this.help, this.framing, this.lab, this.connections, this.export, this.share, this.predict, this.live]) part.translate();
    this.ledger.translate();
    this.ladder.layout();
    this.dispatchEvent(new Event('languagechange'));
  }

  /** @param {boolean} relative */
  setRelative(relative) {
    this.relative = relative;
    this.transcript.first = -1;
    this.ladder.layout();
    this.inspector.show();
    this.predict.translate();
    this.transcript.follow();
    this.variables.follow();
    this.controlBar.update();
  }

  applyTheme() {
    const asked = this.getAttribute('theme');
    const dark = asked === 'dark' || (asked !== 'light' && this.dark.matches);
    this.toggleAttribute('data-dark', dark);
    this.frameElement.classList.toggle('dark', dark);
    this.theme = readTheme(this.frameElement);
    for (const view of this.pictures) view.picture.repaint();
    this.controlBar.drawMarks();
  }

  /** @param {boolean} on */
  setPresenting(on) {
    this.presenting = on;
    this.fitted = '';
    this.frameElement.classList.toggle('presenting', on);
    if (on && this.requestFullscreen) this.requestFullscreen().catch(() => {});
    else if (!on && document.fullscreenElement) void document.exitFullscreen();
    this.arrange();
  }

  /** What is left of the first screen for the ladder in the narrow arrangement. */
  narrowRoom() {
    return this.embed.automatic ? NARROW_ROOM : Math.max(320, this.stage.clientHeight * (1 - PEEK));
  }

  /** Arranges the views for the present size. */
  arrange() {
    if (this.opening) return;
    const width = this.frameElement.clientWidth;
    this.narrow = width < NARROW;
    this.frameElement.classList.toggle('narrow', this.narrow);
    this.frameElement.classList.toggle('medium', !this.narrow && width < ROOMY);
    this.header.arrange();
    const size = `${this.ladder.scroller.clientWidth}x${this.ladder.viewHeight()}`;
    if (this.core && size !== this.fitted) {
      this.fitted = size;
      this.ladder.fit();
    }
    this.ledger.layout();
    this.states.layout();
    this.charts.layout();
    this.controlBar.drawMarks();
    this.controlBar.follow();
    this.embed.arranged();
  }

  /** Offers what is open as one self-contained HTML file. */
  savePage() {
    return savePage(this);
  }

  /** How tall the player would like to be at its width, in CSS pixels; 0 as long as nothing is open. */
  get naturalHeight() {
    return this.embed.naturalHeight();
  }

  /**
   * @param {string} key
   * @param {...string} values
   */
  word(key, ...values) {
    return fill(this.words[key] ?? key, ...values);
  }
}

if (!customElements.get('framewire-player')) customElements.define('framewire-player', FramewirePlayer);
