// The header: which conversation, what to look at, and the settings.

import { h, iconButton, relabel } from './dom.js';
import * as open from './open.js';

const THEMES = ['auto', 'light', 'dark'];

export class Header {
  /** @param {import('./element.js').FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.picker = h('select', { class: 'picker', change: () => this.pick() });
    this.file = h('input', { type: 'file', accept: '.fwtrace', hidden: true });
    this.file.addEventListener('change', () => {
      const file = this.file.files?.[0];
      if (file) void open.file(player, file);
      this.file.value = '';
    });
    this.openButton = iconButton('open', '', () => this.file.click());
    this.saveButton = iconButton('save', '', () => this.save());
    this.views = h('div', { class: 'views', role: 'group' });
    this.language = h('button', {
      type: 'button',
      class: 'text-button',
      click: () => {
        player.lang = player.lang === 'zh' ? 'en' : 'zh';
      },
    });
    this.theme = iconButton('theme', '', () => this.nextTheme());
    this.helpButton = h('button', { type: 'button', class: 'text-button', click: () => player.help.toggle() }, '?');
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
        this.picker,
        this.file,
        this.openButton,
        h('span', { class: 'gap' }),
        this.views,
        this.saveButton,
        this.language,
        this.theme,
        this.helpButton,
      ),
      h('div', { class: 'intro' }, this.title, this.badges, h('p', {}, this.look, ' ', this.question)),
    );
    /** @type {{ name: string, url: string }[]} */
    this.recordings = [];
  }

  /** The first scenario of the list. */
  first() {
    const recorded = this.recordings.length > 0;
    return recorded ? undefined : open.scenarioList(this.player.lang)[0]?.name;
  }

  async fillScenarios() {
    this.recordings = await open.recordings();
    this.fillPicker();
    const asked = this.player.getAttribute('scenario') ?? this.player.getAttribute('src');
    const [recorded] = this.recordings;
    if (!asked && recorded) await open.fromUrl(this.player, recorded.url, recorded.name);
  }

  fillPicker() {
    const w = this.player.words;
    const built = h('optgroup', { label: w['built-in'] });
    for (const s of open.scenarioList(this.player.lang)) built.append(h('option', { value: s.name }, s.title));
    const groups = [built];
    if (this.recordings.length) {
      const recorded = h('optgroup', { label: w['recordings'] });
      this.recordings.forEach((r, i) => recorded.append(h('option', { value: `recording:${i}` }, r.name)));
      groups.unshift(recorded);
    }
    this.picker.replaceChildren(...groups);
    this.showChoice();
  }

  showChoice() {
    const { info } = this.player;
    if (!info) return;
    const recorded = this.recordings.findIndex((r) => r.name === info.title);
    const value = info.name || (recorded >= 0 ? `recording:${recorded}` : '');
    if (value) {
      this.picker.value = value;
      return;
    }
    let own = this.picker.querySelector('option[value="file"]');
    own ??= this.picker.appendChild(h('option', { value: 'file' }));
    own.textContent = info.title;
    this.picker.value = 'file';
  }

  pick() {
    const { value } = this.picker;
    const recorded = /^recording:(\d+)$/.exec(value);
    if (recorded) {
      const chosen = this.recordings[Number(recorded[1])];
      if (chosen) void open.fromUrl(this.player, chosen.url, chosen.name);
    } else if (value !== 'file') {
      void open.scenario(this.player, value);
    }
  }

  opened() {
    this.showChoice();
    this.describe();
  }

  /** Title, what to look at, question, and how the conversation is known. */
  describe() {
    const { info, words: w, about } = this.player;
    this.title.textContent = info?.title ?? '';
    this.look.textContent = info?.look ? `${w['look-at']}: ${info.look}` : '';
    this.question.textContent = info?.question ? `${w['question']}: ${info.question}` : '';
    this.badges.replaceChildren(
      ...about.known.map((known) => h('span', { class: `known ${known}`, title: w[`${known}-long`] }, w[known])),
    );
  }

  translate() {
    const { player } = this;
    const w = player.words;
    this.picker.setAttribute('aria-label', w['scenario']);
    relabel(this.openButton, 'open', w['open-long']);
    relabel(this.saveButton, 'save', w['export']);
    this.language.textContent = w['language'];
    this.language.title = w['language-long'];
    this.language.lang = player.lang === 'zh' ? 'en' : 'zh-CN';
    this.helpButton.setAttribute('aria-label', w['help']);
    this.helpButton.title = w['help'];
    this.views.setAttribute('aria-label', w['views']);
    this.describeTheme();
    if (player.info?.name) {
      player.info = open.scenarioList(player.lang).find((s) => s.name === player.info?.name) ?? player.info;
    }
    this.fillPicker();
    this.describe();
    this.fillViews();
  }

  describeTheme() {
    const w = this.player.words;
    relabel(this.theme, 'theme', `${w['theme']}: ${w[this.player.getAttribute('theme') ?? 'auto']}`);
  }

  nextTheme() {
    const now = this.player.getAttribute('theme') ?? 'auto';
    this.player.setAttribute('theme', THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
    this.describeTheme();
  }

  /** Buttons that show and hide views. */
  fillViews() {
    const { player } = this;
    const w = player.words;
    const toggles = /** @type {const} */ ([
      ['programs', () => player.frameElement.classList.toggle('without-programs')],
      ['variables', () => void (player.variables.element.hidden = !player.variables.element.hidden)],
      ['transcript', () => player.transcript.element.classList.toggle('hidden-visually')],
    ]);
    const shown = /** @type {Record<string, () => boolean>} */ ({
      programs: () => !player.frameElement.classList.contains('without-programs'),
      variables: () => !player.variables.element.hidden,
      transcript: () => !player.transcript.element.classList.contains('hidden-visually'),
    });
    this.views.replaceChildren(
      ...toggles.map(([name, toggle]) => {
        const button = h('button', { type: 'button', class: 'text-button', 'aria-pressed': String(shown[name]()) }, w[name]);
        button.addEventListener('click', () => {
          toggle();
          button.setAttribute('aria-pressed', String(shown[name]()));
          player.variables.follow();
          player.transcript.follow();
          player.arrange();
        });
        return button;
      }),
    );
  }

  /** Saves the ladder as SVG. */
  save() {
    const { player } = this;
    if (!player.core) return;
    const width = Math.max(640, player.ladder.scroller.clientWidth);
    const svg = player.core.svg('ladder', width, player.relative, player.theme.dark, player.lang, player.info?.title ?? '');
    const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
    const link = h('a', { href: url, download: `${player.info?.name || 'framewire'}.svg` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }
}
