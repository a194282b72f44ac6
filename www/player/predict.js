// Predict mode: what comes next is hidden until the reader has said what it will be. The questions, the judgement and the
// explanations come from Rust (src/view/predict.rs); this file hides, asks, shows and counts.

import { h, iconButton, relabel, sharedSheet } from './dom.js';

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */

/** Questions where the attribute `predict` names no number. */
const MOST = 12;
const FLAGS = ['SYN', 'ACK', 'FIN', 'RST'];
/** The states that can be entered (RFC 9293 section 3.3.2). */
const STATES = ['SYN-SENT', 'SYN-RECEIVED', 'ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT', 'CLOSING', 'LAST-ACK', 'TIME-WAIT'];

/**
 * @typedef {{ id: number, kind: 'segment' | 'state' | 'receive', wait: number, reveal: number, given: string[], text: string }} Question
 * @typedef {{ right: boolean, parts: { name: string, given: string, expected: string, right: boolean }[], because: string[],
 *   why: { text: string, cite: string, url: string }[] }} Verdict
 * @typedef {{ flags: string, seq: string, ack: string, state: string, received: string }} Answer
 */

const css = `
.predict { flex: none; border-top: 1px solid var(--fw-ink); background: var(--fw-panel); padding: 4px 8px 10px 16px; max-height: max(46%, 260px); overflow: auto; position: relative; }
.predict > .bar { padding: 0; gap: 12px; }
.predict h2 { color: inherit; font-size: 14px; }
.predict .score { font-size: 12px; color: var(--fw-faint); }
.predict .ask { font-weight: 600; }
.predict .given { font-size: 12px; color: var(--fw-faint); }
.predict form { display: flex; flex-wrap: wrap; gap: 6px 16px; align-items: center; margin-top: 6px; }
.predict fieldset { display: flex; gap: 4px 14px; border: 0; margin: 0; padding: 0; min-width: 0; }
.predict label { display: inline-flex; align-items: center; gap: 6px; min-height: 32px; }
.predict input[type=checkbox] { width: 16px; height: 16px; margin: 0; accent-color: var(--fw-ink); }
.predict input[type=text] { font: 14px/1.4 var(--fw-mono); color: inherit; background: var(--fw-paper); border: 1px solid var(--fw-faint); border-radius: 4px; min-height: 32px; padding: 2px 8px; width: 9em; }
.predict input.wide { width: min(24em, 70vw); }
.predict form button, .predict .on, .predict .missed button { border-color: var(--fw-faint); background: var(--fw-paper); }
.predict form button[type=submit], .predict .on { border-color: var(--fw-ink); font-weight: 600; }
.predict .verdict:empty { display: none; }
.predict .verdict { margin-top: 4px; }
.predict .verdict p { margin: 2px 0; }
.predict .verdict .told { display: grid; grid-template-columns: minmax(190px, max-content) minmax(0, 1fr); gap: 4px 40px; align-items: start; }
.narrow .predict .verdict .told { display: block; }
.predict .verdict .on { margin-top: 4px; }
.predict td, .predict th { padding: 1px 16px 1px 0; font-size: 14px; vertical-align: top; }
.predict thead th { font-size: 12px; }
.predict td { font-family: var(--fw-mono); }
.predict .no { color: var(--fw-trouble); font-weight: 600; }
.predict .missed { list-style: none; padding: 0; }
.predict .missed button { text-align: left; margin: 2px 0; }
.narrow .predict { max-height: max(56%, 260px); padding: 4px 8px 10px; }
`;

/** The sheet that all players share. */
const predictSheet = sharedSheet(css);

export class Predict {
  /** @param {FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.heading = h('h2', {});
    this.score = h('span', { class: 'score' });
    this.end = iconButton('close', '', () => player.removeAttribute('predict'));
    this.given = h('p', { class: 'given' });
    this.ask = h('p', { class: 'ask', id: 'predict-ask' });
    this.form = h('form', { 'aria-labelledby': 'predict-ask' });
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.answer(true);
    });
    this.verdict = h('div', { class: 'verdict', role: 'status' });
    this.element = h(
      'section',
      { class: 'predict', hidden: true },
      h('div', { class: 'bar' }, this.heading, this.score, h('span', { class: 'gap' }), this.end),
      this.given,
      this.ask,
      this.form,
      this.verdict,
    );
    /** @type {Question[]} */
    this.questions = [];
    /** Which question is asked; behind the last one when all were. */
    this.at = 0;
    /** What was said of each question so far. @type {{ verdict: Verdict, answered: boolean, answer: Answer }[]} */
    this.told = [];
    this.active = false;
  }

  get asked() {
    return this.player.hasAttribute('predict');
  }

  /** Nothing behind this position is shown. */
  get horizon() {
    const question = this.questions[this.at];
    if (!this.active || !question) return Infinity;
    return this.told.length > this.at ? question.reveal : question.wait;
  }

  /** Something else was opened, or the attribute changed. */
  opened() {
    this.at = 0;
    this.told = [];
    this.active = this.asked && this.player.core !== undefined;
    if (this.active) this.player.adopt(predictSheet);
    this.element.hidden = !this.active;
    this.fetch();
    if (this.active) this.player.playhead = Math.max(0, Math.min(this.player.playhead, this.horizon));
    this.draw();
    // With height="auto" the panel wants its room, too.
    this.player.embed.measured = '';
    this.player.embed.arranged();
  }

  /** The attribute changed. */
  changed() {
    if (!this.player.core) return;
    const was = this.active;
    const end = this.player.playhead;
    this.opened();
    this.player.views.apply();
    this.player.seek(this.active ? this.horizon : was ? this.player.extent : end, true);
    this.veil();
    if (this.active) this.focus();
    else this.player.header.predictButton.focus();
  }

  fetch() {
    const { player } = this;
    if (!this.active || !player.core) {
      this.questions = [];
      return;
    }
    const most = Math.floor(Number(player.getAttribute('predict')));
    this.questions = player.core.questions(most > 0 ? most : MOST, player.relative, player.lang);
  }

  /** The axis was laid out anew: positions are others now. */
  relaid() {
    if (!this.active) return;
    this.fetch();
    this.player.playhead = Math.max(0, Math.min(this.player.playhead, this.horizon));
  }

  /** The language, or the way of numbering, changed. */
  translate() {
    const w = this.player.words;
    this.element.setAttribute('aria-label', w['predict-long']);
    relabel(this.end, 'close', w['predict-end']);
    if (!this.active || !this.player.core) return;
    this.fetch();
    this.told = this.told.map(({ answered, answer }, i) => ({ answered, answer, verdict: this.judge(this.questions[i], answer) }));
    this.draw();
  }

  /** What is behind the horizon disappears, or comes back. */
  veil() {
    const { player } = this;
    player.transcript.first = -1;
    player.transcript.follow();
    player.controlBar.drawMarks();
    for (const view of player.pictures) view.picture.repaint();
  }

  /**
   * @param {Question} question
   * @param {Answer} answer
   * @returns {Verdict}
   */
  judge(question, answer) {
    const { core, relative, lang } = this.player;
    return core?.checkAnswer(question.id, answer.flags, answer.seq, answer.ack, answer.state, answer.received, relative, lang);
  }

  /** Writes the present question. */
  draw() {
    if (!this.active) return;
    const { player, at, questions, told } = this;
    const w = player.words;
    const question = questions[at];
    const right = told.filter(({ verdict, answered }) => answered && verdict.right).length;
    this.score.textContent = told.length ? player.word('predict-score', String(right), String(told.length)) : '';
    this.verdict.replaceChildren();
    if (!question) return this.finish(right);
    this.heading.textContent = player.word('predict-count', String(at + 1), String(questions.length));
    this.given.textContent = question.given.length ? `${w['predict-given']}${w['colon']}${question.given.join(' ')}` : '';
    this.ask.textContent = question.text;
    const done = told[at];
    this.form.hidden = Boolean(done);
    if (done) this.tell(done);
    else this.form.replaceChildren(...this.fields(question), ...this.buttons());
  }

  /** @param {Question} question */
  fields(question) {
    const w = this.player.words;
    const text = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string} */ hint, wide = false) =>
      h('label', {}, `${label} `, h('input', { type: 'text', name, autocomplete: 'off', spellcheck: 'false', placeholder: hint, ...(wide ? { class: 'wide' } : { inputmode: 'numeric' }) }));
    if (question.kind === 'segment') {
      const boxes = FLAGS.map((flag) => h('label', {}, h('input', { type: 'checkbox', name: 'flags', value: flag }), flag));
      return [h('fieldset', { 'aria-label': w['predict-flags'] }, ...boxes), text('seq', 'seq', ''), text('ack', 'ack', w['predict-no-ack'])];
    }
    if (question.kind === 'receive') return [text('received', w['predict-received'], '', true)];
    const none = h('option', { value: '' }, w['predict-choose']);
    return [h('label', {}, `${w['predict-state']} `, h('select', { name: 'state' }, none, ...STATES.map((state) => h('option', {}, state))))];
  }

  buttons() {
    const w = this.player.words;
    return [h('button', { type: 'submit' }, w['predict-check']), h('button', { type: 'button', click: () => this.answer(false) }, w['predict-reveal'])];
  }

  /** @param {boolean} answered or does the reader want to be told? */
  answer(answered) {
    const question = this.questions[this.at];
    if (!question || this.told.length > this.at) return;
    const data = new FormData(this.form);
    const said = (/** @type {string} */ name) => (answered ? data.getAll(name).join(' ') : '');
    const answer = { flags: said('flags'), seq: said('seq'), ack: said('ack'), state: said('state'), received: said('received') };
    const verdict = this.judge(question, answer);
    this.told.push({ verdict, answered, answer });
    this.draw();
    this.player.seek(this.horizon, true);
    this.veil();
    this.verdict.querySelector('button')?.focus();
    const right = answered && verdict.right;
    this.player.dispatchEvent(new CustomEvent('predict', { detail: { question: this.at + 1, of: this.questions.length, right } }));
  }

  /** @param {{ verdict: Verdict, answered: boolean }} told */
  tell({ verdict, answered }) {
    const w = this.player.words;
    const head = !answered ? w['predict-shown'] : verdict.right ? w['predict-right'] : w['predict-wrong'];
    const rows = verdict.parts.map(({ name, given, expected, right }) =>
      h('tr', {}, h('th', { scope: 'row' }, name), ...(answered ? [h('td', right ? {} : { class: 'no' }, `${right ? '✓' : '✕'} ${given || w['predict-nothing']}`)] : []), h('td', {}, expected)),
    );
    const heads = ['', ...(answered ? [w['predict-yours']] : []), w['predict-is']].map((text) => h(text ? 'th' : 'td', text ? { scope: 'col' } : {}, text));
    const why = verdict.why.map(({ text, cite, url }) => h('p', {}, `${text} `, h('a', { href: url, target: '_blank', rel: 'noopener' }, cite)));
    const last = this.at + 1 >= this.questions.length;
    this.verdict.replaceChildren(
      h(
        'div',
        { class: 'told' },
        h('div', {}, h('p', {}, h('strong', answered && !verdict.right ? { class: 'no' } : {}, head)), h('table', {}, h('thead', {}, h('tr', {}, ...heads)), h('tbody', {}, ...rows))),
        h('div', {}, ...verdict.because.map((text) => h('p', {}, text)), ...why),
      ),
      h('button', { type: 'button', class: 'on', click: () => this.next() }, w[last ? 'predict-done' : 'predict-next']),
    );
  }

  next() {
    this.at++;
    this.draw();
    this.player.seek(Math.min(this.horizon, this.player.extent), true);
    this.veil();
    this.focus();
    if (this.at < this.questions.length) return;
    const right = this.told.filter(({ verdict, answered }) => answered && verdict.right).length;
    this.player.dispatchEvent(new CustomEvent('predictend', { detail: { right, of: this.questions.length } }));
  }

  focus() {
    const first = this.form.hidden ? this.verdict.querySelector('button') : this.form.querySelector('input, select');
    if (first instanceof HTMLElement) first.focus();
  }

  /** @param {number} right */
  finish(right) {
    const { player, questions, told } = this;
    const w = player.words;
    this.heading.textContent = w['predict'];
    this.score.textContent = '';
    this.given.textContent = '';
    this.form.hidden = true;
    if (questions.length === 0) {
      this.ask.textContent = w['predict-none'];
      return;
    }
    this.ask.textContent = player.word('predict-final', String(right), String(questions.length));
    const missed = questions.filter((_, i) => !told[i]?.answered || !told[i].verdict.right);
    const rows = missed.map((question) => {
      const show = () => {
        player.seek(question.reveal, true);
        player.select(question.id);
      };
      return h('li', {}, h('button', { type: 'button', click: show }, question.text));
    });
    this.verdict.replaceChildren(
      h('p', {}, missed.length ? w['predict-missed'] : w['predict-all']),
      ...(rows.length ? [h('ul', { class: 'missed' }, ...rows)] : []),
      h('button', { type: 'button', class: 'on', click: () => this.changed() }, w['predict-again']),
    );
  }
}
