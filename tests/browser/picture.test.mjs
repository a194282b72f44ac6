// What is painted anew: of a picture whose list stays the same, only what the playhead's way has changed, and that exactly.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, open } from './page.mjs';

after(close);

for (const scenario of ['hello-tcp', 'framed-echo', 'fast-retransmit', 'udp-fragment-lost', 'four-way-close']) {
  test(`a picture that follows the playhead is the same as one painted at once: ${scenario}`, async () => {
    const { player, done } = await open(`scenario=${scenario}&lang=en`);
    const { different, compared } = await player.evaluate((element) => {
      // As they are seen, on paper: what is almost transparent has any colour.
      const copy = document.createElement('canvas');
      const pixels = ({ canvas }) => {
        [copy.width, copy.height] = [canvas.width, canvas.height];
        const ctx = copy.getContext('2d', { willReadFrequently: true });
        ctx.fillStyle = '#fff';
        ctx.fillRect(0, 0, copy.width, copy.height);
        ctx.drawImage(canvas, 0, 0);
        return ctx.getImageData(0, 0, copy.width, copy.height).data;
      };
      const out = [];
      let compared = 0;
      // Forth in small steps and in large ones, and back.
      const way = [...Array.from({ length: 40 }, (_, i) => i / 40), 0.3, 0.9, 0.2, 0.21, 0, 1, 0.55];
      for (const part of way) {
        element.playhead = part * element.extent;
        for (const name of ['ladder', 'ledger']) {
          const { picture } = element[name];
          picture.paintNow();
          const followed = pixels(picture);
          const other = new picture.constructor(picture.host, picture.over);
          other.show(picture.list);
          other.stop();
          other.paintNow();
          const whole = pixels(other);
          compared++;
          let count = 0;
          let most = 0;
          for (let i = 0; i < whole.length; i++) {
            const distance = Math.abs(whole[i] - followed[i]);
            if (distance > 24) count++;
            most = Math.max(most, distance);
          }
          // Edges cut by the border of what was painted anew are smoothed a little differently: in few pixels, and not to be seen.
          if (most > 64 || count > 300) out.push(`${name} at ${part}: ${count} values, by ${most} at most`);
        }
      }
      return { different: out, compared };
    });
    assert.ok(compared > 90);
    assert.deepEqual(different, []);
    await done();
  });
}

test('a step of the playhead paints a part of the picture, no step paints nothing', async () => {
  const { player, done } = await open('scenario=slow-start-reno&lang=en&view=bytes');
  const painted = await player.evaluate((element) => {
    const { picture } = element.ledger;
    const ctx = picture.base.getContext('2d');
    let marks = 0;
    const { fillRect } = ctx;
    ctx.fillRect = (...box) => (marks++, fillRect.apply(ctx, box));
    const count = (part) => {
      marks = 0;
      element.playhead = part * element.extent;
      picture.paintNow();
      return marks;
    };
    picture.paintNow();
    picture.stale = true;
    const whole = count(0.5);
    return { whole, step: count(0.51), none: count(0.51) };
  });
  assert.ok(painted.whole > 100, String(painted.whole));
  assert.ok(painted.step < painted.whole / 2, JSON.stringify(painted));
  assert.equal(painted.none, 0);
  await done();
});
