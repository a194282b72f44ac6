// <framewire-player>: the player as a custom element. It follows the habits of <video>: play(), pause(), paused,
// currentTime, duration, ended, playbackRate, loop, load(), and the events loadstart, loadeddata, play, pause, timeupdate,
// seeked, ratechange, ended, error. What makes it a guest in other pages stands in embed.js.

import { fill, loadCore, preferredLang } from './core.js';
import { breathe } from './dom.js';
import { Embed } from './embed.js';
import { handleKey } from './keys.js';
import * as look from './look.js';
import { Parts } from './parts.js';
import { savePage } from './save.js';
import { sheet } from './styles.js';
import * as take from './take.js';
import { PLAIN } from './theme.js';
import * as time from './time.js';
import * as open from './open.js';

/** @typedef {import('../pkg/framewire.js').Player} Core */
/** @typedef {import('./types.d.ts').ScenarioInfo} ScenarioInfo */

export class FramewirePlayer extends Parts {
  static observedAttributes = ['scenario', 'src', 'lang', 'theme', 'loop', 'speed', 'view', 'controls', 'height', 'connection', 'predict'];

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sheet()];
    root.append(this.frameElement);
    this.embed = new Embed(this);
    this.theme = PLAIN;
    this.resized = new ResizeObserver(() => {
      if (look.sizes(this) !== this.arranged) this.arrange();
    });
    this.dark = matchMedia('(prefers-color-scheme: dark)');
    this.still = matchMedia('(prefers-reduced-motion: reduce)');
    this.retheme = () => look.applyTheme(this);
    this.screen = () => {
      if (this.presenting && !document.fullscreenElement) this.setPresenting(false);
    };
    this.addEventListener('keydown', (event) => this.key(event));
    open.acceptDrops(this);
  }

  // ── Coming and going ──

  connectedCallback() {
    this.turns++;
    this.dark.addEventListener('change', this.retheme);
    document.addEventListener('fullscreenchange', this.screen);
    if (this.assembled) this.printing.connect();
    this.embed.connected();
  }

  /** Loads and opens what the attributes say; called when the player comes near to the screen. */
  async wake() {
    const turn = this.turns;
    this.dispatchEvent(new Event('loadstart'));
    const full = this.embed.controls === 'full';
    // Asked for beside the module, and not after it.
    const recordings = full ? open.recordings() : undefined;
    try {
      await loadCore();
    } catch (error) {
      this.assemble();
      this.fail(`framewire: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    for (const _ of this.waking()) {
      // A task of its own: whoever types or scrolls meanwhile is not kept waiting.
      await breathe();
      if (turn !== this.turns) return;
    }
    if (recordings) await this.header.fillScenarios(await recordings);
    await this.load();
  }

  *waking() {
    yield;
    this.assemble();
    yield;
    this.speed = Number(this.getAttribute('speed')) || 1;
    this.loaded = true;
    yield* look.translating(this);
    yield;
    look.applyTheme(this);
    this.resized.observe(this.frameElement);
    this.resized.observe(this.ladder.scroller);
    this.resized.observe(this.ledger.box);
    for (const view of [this.states, this.charts]) this.resized.observe(view.box);
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
    this.turns++;
    this.sequence++;
    this.loaded = false;
    this.opening = false;
    this.embed.disconnected();
    this.dark.removeEventListener('change', this.retheme);
    document.removeEventListener('fullscreenchange', this.screen);
    this.made.live?.stop();
    this.resized.disconnect();
    if (this.assembled) {
      this.printing.disconnect();
      for (const view of this.pictures) view.picture.stop();
    }
    this.core?.free();
    this.core = undefined;
    if (this.assembled) this.lab.take(undefined, 0);
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
    else if (name === 'theme') look.applyTheme(this);
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
    take.opened(this, core, info);
  }

  /** The full JSON text of the scenario as it is shown now, with all changes; nothing for a recording. */
  scenarioJson() {
    return this.lab.bench?.json();
  }

  /** @param {string} message shown to the reader */
  fail(message) {
    this.opening = false;
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
    if (message) this.frameElement.classList.remove('asleep');
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
    if (!this.opening) this.controlBar.drawMarks();
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

  /** Plays; a player that has not been scrolled to loads first. */
  async play() {
    time.play(this);
  }

  pause() {
    time.pause(this);
  }

  /**
   * @param {number} position
   * @param {boolean} [byHand] pauses, and scrolls there
   */
  seek(position, byHand = false) {
    if (this.core) time.seek(this, position, byHand);
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
    time.moved(this);
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
    if (this.assembled) this.controlBar.update();
    this.dispatchEvent(new Event('ratechange'));
  }

  /** @param {boolean} on */
  setLoop(on) {
    this.toggleAttribute('loop', on);
    if (this.assembled) this.controlBar.update();
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
    for (const _ of look.translating(this));
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

  /** @param {boolean} on */
  setPresenting(on) {
    look.setPresenting(this, on);
  }

  /** Arranges the views for the present size. */
  arrange() {
    if (this.assembled && !this.opening) for (const _ of look.arranging(this));
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
