// The byte ledger's view.

import { h } from './dom.js';
import { copyList } from './paint.js';
import { Picture } from './picture.js';

export class LedgerView {
  /** @param {import('./element.js').FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.connection = 0;
    this.picture = new Picture(player.pictureHost);
    this.choice = h('select', { class: 'connection', change: () => this.choose() });
    this.heading = h('h2', {});
    this.bar = h('div', { class: 'bar' }, this.heading, this.choice);
    this.box = h('div', { class: 'lanes', tabindex: 0, role: 'group' }, this.picture.canvas);
    this.element = h('section', { class: 'ledger' }, this.bar, this.box);
  }

  choose() {
    this.connection = Number(this.choice.value);
    this.layout();
  }

  /** Offers the connections of what was opened. */
  opened() {
    const { connections } = this.player.about;
    this.connection = 0;
    this.choice.replaceChildren(
      ...connections.map((name, i) => h('option', { value: i }, name)),
    );
    this.translate();
  }

  translate() {
    const words = this.player.words;
    this.heading.textContent = words['ledger'];
    this.box.setAttribute('aria-label', words['ledger']);
    this.choice.setAttribute('aria-label', words['connection']);
    this.choice.hidden = this.player.about.connections.length < 2;
    this.layout();
  }

  layout() {
    const core = this.player.core;
    const width = this.box.clientWidth;
    if (!core || width < 50) return;
    this.picture.show(copyList(core.ledger(width, this.connection, 0, 0, this.player.lang)));
  }
}
