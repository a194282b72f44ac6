// The parts of a player, made when it comes near to the screen: those far away cost nothing.

import { Controls } from './controls.js';
import { Dialogs } from './dialogs.js';
import { h } from './dom.js';
import { ChartsView, StatesView } from './figures.js';
import { fillFrame, stageOf } from './frame.js';
import { Header } from './header.js';
import { Inspector } from './inspector.js';
import { Laboratory } from './lab.js';
import { LadderView } from './ladder.js';
import { LedgerView } from './ledger.js';
import { Programs, Transcript, Variables } from './panels.js';
import { Predict } from './predict.js';
import { Printing } from './printing.js';
import { Views } from './views.js';

/** Until then. @type {any} */
const LATER = undefined;

export class Parts extends Dialogs {
  /** The page around follows its address: links lead somewhere. */
  linked = false;
  notice = h('p', { class: 'notice', role: 'status' });
  views = /** @type {Views} */ (LATER);
  predict = /** @type {Predict} */ (LATER);
  header = /** @type {Header} */ (LATER);
  ladder = /** @type {LadderView} */ (LATER);
  ledger = /** @type {LedgerView} */ (LATER);
  states = /** @type {StatesView} */ (LATER);
  charts = /** @type {ChartsView} */ (LATER);
  programs = /** @type {Programs} */ (LATER);
  inspector = /** @type {Inspector} */ (LATER);
  transcript = /** @type {Transcript} */ (LATER);
  variables = /** @type {Variables} */ (LATER);
  controlBar = /** @type {Controls} */ (LATER);
  printing = /** @type {Printing} */ (LATER);
  lab = /** @type {Laboratory} */ (LATER);
  stage = /** @type {HTMLDivElement} */ (LATER);

  pictureHost = {
    theme: () => this.player.theme,
    playhead: () => this.playhead,
    horizon: () => this.predict.horizon,
    opening: () => this.opening,
    lit: () => this.lit,
    point: (/** @type {number} */ id) => this.player.point(id),
    select: (/** @type {number} */ id) => this.player.select(id),
  };

  get assembled() {
    return this.stage !== undefined;
  }

  /** Makes them. */
  assemble() {
    if (this.assembled) return;
    this.views = new Views(this.player);
    this.predict = new Predict(this.player);
    this.header = new Header(this.player);
    this.ladder = new LadderView(this.player);
    this.ledger = new LedgerView(this.player);
    this.states = new StatesView(this.player);
    this.charts = new ChartsView(this.player);
    this.programs = new Programs(this.player);
    this.inspector = new Inspector(this.player);
    this.transcript = new Transcript(this.player);
    this.variables = new Variables(this.player);
    this.controlBar = new Controls(this.player);
    this.printing = new Printing(this.player);
    this.lab = new Laboratory(this.player);
    this.stage = stageOf(this.player);
    fillFrame(this.player);
    this.printing.connect();
    this.header.shareButton.hidden = !this.linked;
    this.player.embed.arrangeControls();
  }
}
