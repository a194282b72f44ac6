// The dialog that makes a share link of what is shown.

import { Dialog, copy } from './dialog.js';
import { h } from './dom.js';
import { laterOf, scenarioOf } from './download.js';
import { LONG, pack, writeLink } from './link.js';

/** @typedef {import('./element.js').FramewirePlayer} FramewirePlayer */

export class Share {
  /** @param {FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.field = h('input', { type: 'text', readonly: true, spellcheck: 'false', focus: () => this.field.select() });
    this.copyButton = h('button', { type: 'button', class: 'copy', click: () => this.copy() });
    this.moment = h('input', { type: 'checkbox', checked: true, change: () => this.make() });
    this.momentLabel = h('span', {});
    this.predict = h('input', { type: 'checkbox', change: () => this.make() });
    this.predictLabel = h('span', {});
    this.status = h('p', { role: 'status' });
    this.remark = h('p', { class: 'quiet' });
    this.dialog = new Dialog(
      'share',
      h('div', { class: 'row' }, this.field, this.copyButton),
      h('label', { class: 'choice' }, this.moment, ' ', this.momentLabel),
      h('label', { class: 'choice' }, this.predict, ' ', this.predictLabel),
      this.status,
      this.remark,
    );
    this.element = this.dialog.element;
    this.turn = 0;
  }

  async show() {
    this.predict.checked = this.player.hasAttribute('predict');
    await this.make();
    this.dialog.show();
    (this.field.value ? this.copyButton : this.dialog.closeButton).focus();
  }

  translate() {
    const w = this.player.words;
    this.dialog.name(w['share'], w['close']);
    this.field.setAttribute('aria-label', w['share-link']);
    this.copyButton.textContent = w['share-copy'];
    this.predictLabel.textContent = w['share-predict'];
    if (this.dialog.open) void this.make();
  }

  /** The link to what is shown; `undefined` where none can hold it. */
  async link() {
    const { player } = this;
    const { core, playhead, extent, views, held } = player;
    if (!core) return undefined;
    const src = held && !held.local ? player.getAttribute('src') : undefined;
    // Only an address that others can ask for, too.
    if (held && (!src || !/^https?:$/.test(new URL(src, location.href).protocol))) return undefined;
    const { name, json } = scenarioOf(player);
    const at = this.moment.checked && playhead < extent - 0.01 ? core.nanos(playhead) / 1e9 : undefined;
    const chosen = player.hasAttribute('view') || views.chosen.size > 0;
    const fragment = writeLink({
      scenario: name,
      json: !name && json ? await pack(json) : undefined,
      later: laterOf(player),
      src: src ?? undefined,
      connection: held?.connection?.toString(),
      lang: player.lang,
      view: chosen ? [...views.shown].join(' ') : undefined,
      at: at === undefined ? undefined : String(Number(at.toPrecision(12))),
      predict: this.predict.checked ? (player.getAttribute('predict') ?? '') : undefined,
    });
    return `${location.href.split('#')[0]}#${fragment}`;
  }

  async make() {
    const { player } = this;
    const turn = ++this.turn;
    const time = player.timeText(player.playhead);
    this.momentLabel.textContent = player.word('share-moment', time);
    this.status.textContent = '';
    let link;
    try {
      link = await this.link();
    } catch (error) {
      this.remark.textContent = player.word(error instanceof Error ? error.message : String(error));
    }
    if (turn !== this.turn) return;
    this.field.value = link ?? '';
    this.copyButton.disabled = !link;
    if (link) this.remark.textContent = link.length > LONG ? player.word('share-long', String(link.length)) : player.words['share-hint'];
    else if (player.held) this.remark.textContent = player.words['share-file'];
  }

  async copy() {
    const copied = await copy(this.field.value, this.field);
    this.status.textContent = this.player.words[copied ? 'copied' : 'not-copied'];
  }
}
