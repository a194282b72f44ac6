// The bar of controls: play, steps, the scrubber with its marks, speed, loop.

import { h, iconButton, relabel, write } from './dom.js';

export const SPEEDS = [0.25, 0.5, 1, 1.5, 2, 4, 8];

export class Controls {
  /** @param {import('./element.js').FramewirePlayer} player */
  constructor(player) {
    this.player = player;
    this.playButton = iconButton('play', '', () => player.toggle());
    this.playButton.classList.add('play');
    this.segmentBack = iconButton('segmentBack', '', () => player.step(-1, true));
    this.eventBack = iconButton('back', '', () => player.step(-1, false));
    this.eventOn = iconButton('on', '', () => player.step(1, false));
    this.segmentOn = iconButton('segmentOn', '', () => player.step(1, true));
    this.range = h('input', { type: 'range', min: 0, max: 1, step: 'any', value: 0 });
    this.range.addEventListener('input', () => player.seek(Number(this.range.value), true));
    this.marks = h('canvas', { 'aria-hidden': 'true' });
    this.waiting = 0;
    this.time = h('output', { class: 'time' });
    this.speed = h(
      'select',
      { class: 'speed', change: () => player.setSpeed(Number(this.speed.value)) },
      ...SPEEDS.map((speed) => h('option', { value: speed }, `${speed}×`)),
    );
    this.loop = iconButton('loop', '', () => player.setLoop(!player.loop));
    this.numbers = h('button', { type: 'button', class: 'text-button numbers', click: () => player.setRelative(!player.relative) });
    this.zoomOut = iconButton('zoomOut', '', () => player.ladder.zoomBy(1 / 1.5));
    this.zoomIn = iconButton('zoomIn', '', () => player.ladder.zoomBy(1.5));
    this.zoomFit = iconButton('fit', '', () => player.ladder.fit());
    this.element = h(
      'div',
      { class: 'controls', role: 'toolbar' },
      h('div', { class: 'steps' }, this.segmentBack, this.eventBack, this.playButton, this.eventOn, this.segmentOn),
      h('div', { class: 'scrub' }, this.marks, this.range),
      this.time,
      h('div', { class: 'more' }, this.speed, this.loop, this.numbers, this.zoomOut, this.zoomIn, this.zoomFit),
    );
  }

  translate() {
    const w = this.player.words;
    this.element.setAttribute('aria-label', w['position']);
    relabel(this.segmentBack, 'segmentBack', w['segment-back']);
    relabel(this.eventBack, 'back', w['step-back']);
    relabel(this.eventOn, 'on', w['step-on']);
    relabel(this.segmentOn, 'segmentOn', w['segment-on']);
    relabel(this.loop, 'loop', w['loop']);
    relabel(this.zoomOut, 'zoomOut', w['zoom-out']);
    relabel(this.zoomIn, 'zoomIn', w['zoom-in']);
    relabel(this.zoomFit, 'fit', w['zoom-fit']);
    this.range.setAttribute('aria-label', w['position']);
    this.speed.setAttribute('aria-label', w['speed']);
    this.speed.title = w['speed'];
    this.update();
  }

  /** Follows the player's state. */
  update() {
    const { player } = this;
    const w = player.words;
    relabel(this.playButton, player.paused ? 'play' : 'pause', player.paused ? w['play'] : w['pause']);
    this.loop.setAttribute('aria-pressed', String(player.loop));
    this.speed.value = String(player.speed);
    const numbers = player.relative ? w['relative-numbers'] : w['absolute-numbers'];
    this.numbers.textContent = player.relative ? 'seq 0…' : 'seq …';
    this.numbers.title = numbers;
    this.numbers.setAttribute('aria-label', numbers);
    this.follow();
  }

  /** Follows the playhead. */
  follow() {
    const { player } = this;
    const now = player.timeText(player.playhead);
    this.range.value = String(player.playhead);
    this.range.setAttribute('aria-valuetext', now);
    // How long it takes in all would tell how much is to come.
    write(this.time, player.predict.horizon < player.extent ? now : `${now} / ${player.timeText(player.extent)}`);
  }

  /** Draws the marks of segments above the scrubber's track, with the next frame: asking for a width lays the page out, which is to be done anyway by then. */
  drawMarks() {
    this.range.max = String(this.player.extent);
    this.waiting ||= requestAnimationFrame(() => {
      this.waiting = 0;
      this.paintMarks();
    });
  }

  paintMarks() {
    const { player, marks } = this;
    const ctx = player.core && marks.getContext('2d');
    if (!player.core || !ctx) return;
    const { clientWidth: width, clientHeight: height } = marks;
    if (width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    const [wide, tall] = [Math.round(width * ratio), Math.round(height * ratio)];
    // A canvas that is given a size, be it the same, has to be laid out.
    if (marks.width !== wide) marks.width = wide;
    if (marks.height !== tall) marks.height = tall;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, height);
    const theme = player.theme;
    // The track begins and ends half a thumb inside.
    const [left, room] = [8, width - 16];
    for (const mark of player.core.marks(Math.floor(room / 2))) {
      if (mark.at * player.extent > player.predict.horizon) break;
      ctx.fillStyle = mark.lost ? theme.roles[8] : theme.roles[1];
      const high = mark.lost ? height : height * 0.6;
      ctx.fillRect(left + mark.at * room - 0.5, height - high, mark.lost ? 2 : 1, high);
    }
  }
}
