// The header: which conversation, what to look at, and the settings.

import { scenarioNames } from '../pkg/framewire.js';
import { h, iconButton, relabel, write } from './dom.js';
import { offerLive } from './live.js';
import { Picker } from './picker.js';
import * as open from './open.js';

const THEMES = ['auto', 'light', 'dark'];

export class Header {
  /** @param {import('./element.js').FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.picker = new Picker(player);
    this.file = h('input', { type: 'file', accept: '.json,.fwtrace,.pcap,.pcapng,.cap', hidden: true });
    this.file.addEventListener('change', () => {
      const file = this.file.files?.[0];
      if (file) void open.file(player, file);
      this.file.value = '';
    });
    this.openButton = iconButton('open', '', () => this.file.click());
    this.saveButton = iconButton('save', '', () => player.export.show());
    this.predictButton = iconButton('predict', '', () => void player.toggleAttribute('predict'));
    this.shareButton = iconButton('share', '', () => void player.share.show());
    this.shareButton.hidden = true;
    this.printButton = iconButton('print', '', () => print());
    this.presentButton = iconButton('present', '', () => player.setPresenting(true));
    this.framingButton = iconButton('framing', '', () => player.framing.show());
    this.labButton = iconButton('lab', '', () => player.lab.toggle());
    this.connections = h('button', { type: 'button', class: 'text-button', 'aria-haspopup': 'dialog', hidden: true, click: () => player.connections.again() });
    this.language = h('button', {
      type: 'button',
      class: 'text-button',
      click: () => {
        player.lang = player.lang === 'zh' ? 'en' : 'zh';
      },
    });
    this.theme = iconButton('theme', '', () => this.nextTheme());
    this.helpButton = h('button', { type: 'button', class: 'text-button', click: () => player.help.toggle() }, '?');
    /** What moves into the views' menu where there is little room. */
    this.tools = h('div', { class: 'tools' }, this.labButton, this.predictButton, this.openButton, this.framingButton, this.shareButton, this.saveButton, this.printButton, this.presentButton, this.theme);
    this.endButton = iconButton('close', '', () => player.setPresenting(false));
    this.endButton.classList.add('end');
    this.title = h('h1', {});
    this.look = h('span', { class: 'look' });
    this.question = h('span', { class: 'question' });
    this.badges = h('span', { class: 'badges' });
    this.element = h(
      'header',
      {},
      h(
        'div',
        { class: 'bar' },
        h('span', { class: 'brand' }, 'framewire'),
        this.picker.button,
        this.connections,
        this.file,
        h('span', { class: 'gap' }),
        player.views.menu.element,
        this.tools,
        this.language,
        this.helpButton,
      ),
      h('div', { class: 'intro' }, this.title, this.badges, this.endButton, h('p', {}, this.look, ' ', this.question)),
    );
  }

  /** The first scenario of the list. */
  first() {
    const recorded = this.picker.recordings.length > 0;
    return recorded ? undefined : scenarioNames()[0];
  }

  /** @param {{ name: string, url: string }[]} recordings what the server offers */
  async fillScenarios(recordings) {
    void offerLive(this.player);
    this.picker.recordings = recordings;
    const asked = this.player.getAttribute('scenario') ?? this.player.getAttribute('src');
    const [recorded] = this.picker.recordings;
    if (!asked && recorded) await open.fromUrl(this.player, recorded.url, recorded.name);
  }

  /** Title, what to look at, question, and how the conversation is known. */
  describe() {
    const { info, words: w, about } = this.player;
    this.picker.describe();
    const count = this.player.held?.recording.count() ?? 0;
    this.connections.hidden = count < 2;
    write(this.connections, `${w['connections']} (${count})`);
    write(this.title, info?.title ?? '');
    write(this.look, info?.look ? `${w['look-at']}${w['colon']}${info.look}` : '');
    write(this.question, info?.question ? `${w['question']}${w['colon']}${info.question}` : '');
    this.badges.replaceChildren(
      ...about.known.map((known) => h('span', { class: `known ${known}`, title: w[`${known}-long`] }, w[known])),
      ...this.changed(),
    );
  }

  /** How much was changed in the laboratory. */
  changed() {
    const { lab, lang } = this.player;
    const count = lab.bench?.changes(lang).length ?? 0;
    return count ? [h('span', { class: 'known', title: this.player.words['lab-changes'] }, this.player.word('lab-done', String(count)))] : [];
  }

  translate() {
    const { player } = this;
    const w = player.words;
    relabel(this.openButton, 'open', w['open-long']);
    relabel(this.saveButton, 'save', w['export']);
    relabel(this.predictButton, 'predict', w['predict-long']);
    relabel(this.shareButton, 'share', w['share']);
    relabel(this.printButton, 'print', w['print']);
    relabel(this.presentButton, 'present', w['present']);
    relabel(this.endButton, 'close', w['close']);
    relabel(this.labButton, 'lab', w['lab-long']);
    relabel(this.framingButton, 'framing', w['framing']);
    this.language.textContent = w['language'];
    this.language.title = w['language-long'];
    this.language.lang = player.lang === 'zh' ? 'en' : 'zh-CN';
    this.helpButton.setAttribute('aria-label', w['help']);
    this.helpButton.title = w['help'];
    this.describeTheme();
    player.info = player.lab.bench?.info(player.lang) ?? player.info;
    this.picker.translate();
    this.describe();
  }

  /** Finds the tools' place for the present width. */
  arrange() {
    const { panel } = this.player.views.menu;
    if (this.player.narrow === (this.tools.parentElement === panel)) return;
    if (this.player.narrow) panel.append(this.tools);
    else this.language.before(this.tools);
  }

  describeTheme() {
    const w = this.player.words;
    relabel(this.theme, 'theme', `${w['theme']}${w['colon']}${w[this.player.getAttribute('theme') ?? 'auto']}`);
  }

  nextTheme() {
    const now = this.player.getAttribute('theme') ?? 'auto';
    this.player.setAttribute('theme', THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
    this.describeTheme();
  }
}
