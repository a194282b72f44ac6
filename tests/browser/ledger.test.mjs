// The byte ledger in the page: a byte lights up in every lane and is told in words; long streams are zoomed into.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, drawn, open } from './page.mjs';

after(close);

/** Puts the pointer on the octet `offset` of stream `stream`. */
async function pointAt(page, player, stream, offset) {
  const at = await player.evaluate(
    (element, [s, o]) => {
      const [x, y, w, h] = element.core.band(0, s, o);
      const box = element.ledger.picture.canvas.getBoundingClientRect();
      const scale = box.width / element.ledger.picture.list.width;
      return { x: box.left + (x + w / 2) * scale, y: box.top + (y + Math.min(h, 40) / 2) * scale };
    },
    [stream, offset],
  );
  await page.mouse.move(at.x, at.y);
}

const caption = (player) => player.locator('.octet').innerText();

test('pointing at a byte tells its value and lights what carries it, in lanes and ladder', async () => {
  const { page, player, done } = await open('scenario=sticky-packets&lang=en');
  await pointAt(page, player, 0, 6);
  assert.equal(await caption(player), "offset 6: 6f 'o', message 2, byte 2 of 5");
  const lit = await player.evaluate((element) => {
    const { lit } = element;
    const ids = (view) => [...new Set([...element[view].picture.list.id].filter((id) => lit.has(id)))].map((id) => id >>> 28);
    return { ladder: ids('ladder').sort(), ledger: ids('ledger').sort() };
  });
  // Its segment, and the calls that sent and returned it; not those of the first message.
  assert.deepEqual(lit.ledger, [1, 2, 2]);
  assert.deepEqual(lit.ladder, [1, 2, 2]);
  await page.mouse.move(5, 5);
  assert.equal(await player.locator('.octet').textContent(), '');
  await done();
});

test('a byte of a character that was cut names the character', async () => {
  const { page, player, done } = await open('scenario=utf8-cut&lang=zh');
  await pointAt(page, player, 0, 4);
  assert.equal(await caption(player), '偏移 4：8c (包 = e5 8c 85)，消息 1 的第 5 字节（共 15）');
  await done();
});

test('the keyboard walks from byte to byte', async () => {
  const { page, player, done } = await open('scenario=hello-tcp&lang=en');
  await player.locator('.lanes').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  assert.match(await caption(player), /^offset 1: 65 'e'/);
  const head = await player.evaluate((element) => element.playhead === element.extent);
  assert.ok(head, 'the playhead stays where it is');
  await done();
});

test('a long stream is zoomed into until its bytes are read', async () => {
  const { page, player, done } = await open('scenario=split-message&lang=en');
  const before = await drawn(player, 'ledger');
  assert.ok(before.texts.includes('3000 B') && !before.texts.includes('7'));
  for (let i = 0; i < 8; i++) await player.getByRole('button', { name: 'Fewer bytes, larger' }).click();
  const near = await drawn(player, 'ledger');
  assert.ok(near.texts.some((text) => /^bytes \d+–\d+ of 3000/.test(text)), near.texts.join('|'));
  assert.ok(near.texts.filter((text) => /^\d$/.test(text)).length > 20, 'digits of the message are written out');
  await player.getByRole('button', { name: 'The whole stream' }).click();
  assert.deepEqual((await drawn(player, 'ledger')).texts, before.texts);
  assert.ok(page);
  await done();
});

test('small connections stand side by side, many have a choice', async () => {
  const { player, done } = await open('scenario=utf8-cut&lang=en');
  const both = await drawn(player, 'ledger');
  assert.equal(both.texts.filter((text) => text.startsWith('client:')).length, 2);
  await player.locator('.ledger select.connection').selectOption('1');
  assert.equal((await drawn(player, 'ledger')).texts.filter((text) => text.includes(' → ')).length, 1);
  await done();
});

test('the first screen shows title, ladder, ledger and controls', async () => {
  for (const scenario of ['hello-tcp', 'sticky-packets', 'retransmission-backoff', 'framed-echo', 'udp-truncation']) {
    const { player, done } = await open(`scenario=${scenario}&lang=en`);
    const boxes = await player.evaluate((element) => {
      const box = (selector) => element.shadowRoot.querySelector(selector).getBoundingClientRect().toJSON();
      return { title: box('h1'), ladder: box('.ladder'), ledger: box('.ledger'), lanes: box('.lanes canvas'), controls: box('.controls') };
    });
    assert.ok(boxes.title.top >= 0 && boxes.ladder.height >= 240, `${scenario}: ${JSON.stringify(boxes.ladder)}`);
    assert.ok(boxes.ledger.bottom <= boxes.controls.top + 1 && boxes.controls.bottom <= 800.5, scenario);
    assert.ok(boxes.lanes.bottom <= boxes.controls.top + 1, `${scenario}: lanes reach ${boxes.lanes.bottom}`);
    await done();
  }
});

test('presentation enlarges the picture by half', async () => {
  const { page, player, done } = await open('scenario=hello-tcp&lang=en');
  const scale = () => player.evaluate(({ ladder: { picture } }) => picture.canvas.getBoundingClientRect().width / picture.list.width);
  assert.equal(await scale(), 1);
  await page.keyboard.press('p');
  assert.ok(Math.abs((await scale()) - 1.5) < 0.01);
  await page.keyboard.press('Escape');
  await done();
});

test('printing shows the whole ladder in light colours', async () => {
  const { player, done } = await open('scenario=hello-tcp&lang=en&theme=dark');
  assert.ok(await player.evaluate((element) => element.theme.dark));
  const paper = await player.evaluate((element) => {
    window.dispatchEvent(new Event('beforeprint'));
    const svg = element.shadowRoot.querySelector('.printed svg');
    return { tall: svg.viewBox.baseVal.height, light: svg.outerHTML.includes('#1b1b1b') && !svg.outerHTML.includes('#e8e6df'), all: element.ladder.height };
  });
  assert.ok(paper.tall >= paper.all, JSON.stringify(paper));
  assert.ok(paper.light, JSON.stringify(paper));
  await player.evaluate(() => window.dispatchEvent(new Event('afterprint')));
  assert.ok(await player.evaluate((element) => element.theme.dark));
  await done();
});
