// The slice through every floor: the page loads, draws hello-tcp, and moves in time.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, drawn, open, sentences } from './page.mjs';

after(close);

test('the page draws hello-tcp with nothing to complain about', async () => {
  const { page, player, done } = await open();
  assert.equal(await player.getAttribute('data-state'), 'ready');
  assert.match(await page.title(), /Hello, TCP/);
  const told = await sentences(player);
  const has = (text) => assert.ok(told.some((row) => row.text.includes(text)), `${text} is not told`);
  has('client sends SYN to server: seq 0');
  has('server sends SYN ACK to client: seq 0, ack 1');
  has('client sends PSH ACK to server: seq 1, ack 1');
  has('server sends PSH ACK to client: seq 1, ack 12');
  has('client enters ESTABLISHED.');
  has('TIME-WAIT');
  has("b'HELLO HELLO'");
  assert.ok(told.every((row) => row.known === 'modelled'));
  const ladder = await drawn(player, 'ladder');
  assert.ok(ladder.counts.arrow >= 5);
  assert.ok(ladder.texts.some((text) => text.startsWith('SYN  seq 0')), ladder.texts.join('|'));
  assert.ok(ladder.texts.includes('ESTABLISHED'));
  const ledger = await drawn(player, 'ledger');
  assert.ok(ledger.texts.join('').includes('HELLO␣HELLO'), ledger.texts.join('|'));
  await done();
});

test('arrows are slanted by their flight time', async () => {
  const { player, done } = await open();
  const slopes = await player.evaluate((element) => {
    const { kind, start, points } = element.ladder.picture.list;
    return [...kind.keys()].filter((i) => kind[i] === 1).map((i) => points[start[i] + 3] - points[start[i] + 1]);
  });
  assert.ok(slopes.every((dy) => dy > 20), String(slopes));
  await done();
});

test('numbers are relative, or absolute as they stand in the header', async () => {
  const { player, done } = await open('scenario=sticky-packets&lang=en');
  const data = async () => (await drawn(player, 'ladder')).texts.find((text) => / len 5/.test(text)) ?? '';
  assert.match(await data(), /seq 1\b/);
  await player.getByRole('button', { name: 'relative seq and ack' }).click();
  const inHeader = await player.evaluate((element) => {
    const list = element.ladder.picture.list;
    const text = list.texts.findIndex((t) => / len 5/.test(t));
    const detail = element.core.inspect(list.id[list.text.indexOf(text)], false, 'en');
    return detail.headers[0].fields.find((f) => f.name === 'Sequence Number').value;
  });
  assert.match(await data(), new RegExp(`seq ${inHeader}\\b`));
  await done();
});

test('play, pause, step and scrub', async () => {
  const { page, player, done } = await open();
  const at = () => player.evaluate((element) => element.playhead);
  const end = await at();
  await player.getByRole('button', { name: 'Play' }).click();
  await page.waitForTimeout(400);
  await player.getByRole('button', { name: 'Pause' }).click();
  const paused = await at();
  assert.ok(paused > 0 && paused < end, `${paused} of ${end}`);
  await page.waitForTimeout(200);
  assert.equal(await at(), paused);

  const slider = player.getByRole('slider');
  await slider.focus();
  await page.keyboard.press('Home');
  assert.equal(await at(), 0);
  const before = (await sentences(player)).filter((row) => !row.future).length;
  await page.keyboard.press('ArrowRight');
  assert.ok((await at()) > 0);
  await page.keyboard.press('Shift+ArrowRight');
  const told = (await sentences(player)).filter((row) => !row.future);
  assert.ok(told.length > before);
  assert.ok(told.some((row) => row.text.startsWith('SYN arrives at server')));
  await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('5');
  assert.ok(Math.abs((await at()) - end / 2) < 1);
  await page.keyboard.press('End');
  assert.equal(await at(), end);
  await slider.fill(String(end / 4));
  assert.ok(Math.abs((await at()) - end / 4) < 1);
  assert.match((await slider.getAttribute('aria-valuetext')) ?? '', /\d/);
  await done();
});

test('the element speaks the language of <video>', async () => {
  const { player, done } = await open();
  const seen = await player.evaluate(async (element) => {
    const events = [];
    for (const name of ['play', 'pause', 'timeupdate', 'seeked']) element.addEventListener(name, () => events.push(name));
    element.currentTime = 0.05;
    const time = element.currentTime;
    element.play();
    const playing = !element.paused;
    element.pause();
    return { events, time, playing, paused: element.paused, duration: element.duration };
  });
  assert.ok(Math.abs(seen.time - 0.05) < 0.011, String(seen.time));
  assert.ok(seen.playing && seen.paused && seen.duration > 0.1);
  for (const name of ['play', 'pause', 'timeupdate', 'seeked']) assert.ok(seen.events.includes(name), name);
  await done();
});

test('a segment can be selected with the pointer and is inspected', async () => {
  const { page, player, done } = await open();
  const spot = await player.evaluate((element) => {
    const { kind, start, points } = element.ladder.picture.list;
    const i = kind.indexOf(1);
    const box = element.ladder.picture.canvas.getBoundingClientRect();
    const p = points.subarray(start[i], start[i] + 4);
    return { x: box.left + p[0] * 0.7 + p[2] * 0.3, y: box.top + p[1] * 0.7 + p[3] * 0.3 };
  });
  await page.mouse.click(spot.x, spot.y);
  const inspector = player.locator('.inspector');
  await inspector.getByText('TCP header').waitFor();
  const text = await inspector.innerText();
  assert.match(text, /TCP segment\s+SYN/);
  assert.match(text, /Maximum Segment Size/);
  assert.match(text, /RFC/);
  await page.keyboard.press('Escape');
  assert.match(await inspector.innerText(), /Point at a segment/);
  await done();
});
