// Predict mode: what comes next is hidden in every view until it was answered; answers are judged and explained; a score ends it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { axeFindings, close, drawn, open, sentences, show } from './page.mjs';

after(close);

async function predicting(fragment, options) {
  const opened = await open(fragment, options);
  const panel = opened.player.locator('section.predict');
  await panel.waitFor();
  return {
    ...opened,
    panel,
    ask: () => panel.locator('.ask').innerText(),
    question: () =>
      opened.player.evaluate((element) => ({ ...element.predict.questions[element.predict.at], playhead: element.playhead, horizon: element.predict.horizon })),
  };
}

/** Answers the question that is asked with what is so, or with nothing. */
async function answer({ player, panel }, rightly) {
  const truth = await player.evaluate((element) => {
    const { questions, at } = element.predict;
    const { parts } = element.core.checkAnswer(questions[at].id, '', '', '', '', '', element.relative, element.lang);
    return Object.fromEntries(parts.map((part) => [part.name, part.expected]));
  });
  if (rightly) {
    for (const flag of (truth.flags ?? '').split(' ').filter(Boolean)) await panel.getByRole('checkbox', { name: flag, exact: true }).check();
    if (truth.seq) await panel.locator('input[name=seq]').fill(truth.seq);
    if (truth.ack && !/none|无/.test(truth.ack)) await panel.locator('input[name=ack]').fill(truth.ack);
    if (truth.state) await panel.locator('select').selectOption(truth.state);
    if (truth.recv) await panel.locator('input[name=received]').fill(truth.recv.split(' (')[0]);
  }
  await panel.locator('button[type=submit]').click();
  await panel.locator('.verdict table').waitFor();
  return truth;
}

test('a whole round: every question right, each explained with its rule, and a score at the end', async () => {
  const opened = await predicting('scenario=hello-tcp&lang=en&predict');
  const { player, panel, page, done } = opened;
  await player.evaluate((element) => {
    window.heard = [];
    for (const name of ['predict', 'predictend']) element.addEventListener(name, (event) => window.heard.push({ name, ...event.detail }));
  });
  const count = await player.evaluate((element) => element.predict.questions.length);
  assert.equal(count, 12);
  const kinds = new Set();
  for (let n = 1; n <= count; n++) {
    assert.equal(await panel.locator('h2').innerText(), `Question ${n} of ${count}`);
    kinds.add((await opened.question()).kind);
    await answer(opened, true);
    assert.match(await panel.locator('.verdict').innerText(), /^Right\./);
    assert.ok((await panel.locator('.verdict a').count()) > 0, await panel.locator('.verdict').innerText());
    assert.equal(await panel.locator('.score').innerText(), `${n} of ${n} right`);
    // The focus stands on the way on: Enter goes to the next question.
    await page.keyboard.press('Enter');
  }
  assert.deepEqual([...kinds].sort(), ['receive', 'segment', 'state']);
  assert.equal(await panel.locator('.ask').innerText(), 'You answered 12 of 12 right.');
  assert.match(await panel.locator('.verdict').innerText(), /All of it right/);
  const heard = await page.evaluate(() => window.heard);
  assert.equal(heard.filter((event) => event.name === 'predict' && event.right).length, 12);
  assert.deepEqual(heard.at(-1), { name: 'predictend', right: 12, of: 12 });
  await done();
});

test('what is asked for is hidden in picture, transcript and scrubber, and cannot be reached', async () => {
  const opened = await predicting('scenario=three-way-handshake&lang=en&predict&view=ladder+bytes+charts+transcript');
  const { player, page, done } = opened;
  const ink = () =>
    player.evaluate(async (element) => {
      await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
      const { canvas } = element.ladder.picture;
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
      let dots = 0;
      for (let i = 3; i < data.length; i += 4) dots += data[i] > 0 ? 1 : 0;
      return dots;
    });
  const veiled = await ink();
  // Neither does the axis tell when something is to come, nor the clock how much.
  const below = await player.evaluate((element) => {
    const { canvas, list } = element.ladder.picture;
    const scale = canvas.height / list.height;
    const from = Math.ceil((Math.max(46, element.ladder.y(element.predict.horizon)) + 7) * scale);
    const { data } = canvas.getContext('2d').getImageData(0, from, canvas.width, canvas.height - from);
    return data.some((value) => value > 0);
  });
  assert.equal(below, false);
  assert.doesNotMatch(await player.locator('.time').innerText(), /\//);
  const told = await sentences(player);
  assert.ok(told.length < 4 && told.every((row) => !row.text.includes('SYN')), JSON.stringify(told));
  assert.equal(await player.locator('.charts').isVisible(), false);
  for (const key of ['End', '9', 'ArrowRight', 'l']) {
    await page.keyboard.press(key);
    const { playhead, horizon } = await opened.question();
    assert.ok(playhead <= Math.max(0, horizon), key);
  }
  await player.evaluate((element) => {
    element.currentTime = 99;
    void element.play();
  });
  for (let n = 0; n < 100 && !(await player.evaluate((element) => element.paused)); n++) await page.waitForTimeout(50);
  assert.equal(await player.evaluate((element) => element.paused), true);
  const { playhead, horizon } = await opened.question();
  assert.ok(playhead <= Math.max(0, horizon));
  // Nothing hidden can be pointed at.
  const pointed = await player.evaluate((element) => {
    const { list, canvas } = element.ladder.picture;
    const box = canvas.getBoundingClientRect();
    const found = new Set();
    for (let y = 0; y < list.height; y += 6) for (let x = 0; x < list.width; x += 12) found.add(element.ladder.picture.at({ clientX: box.left + x, clientY: box.top + y }));
    return [...found].filter((id) => id >> 28 === 1).length;
  });
  assert.equal(pointed, 0, 'no segment was sent yet');
  await page.keyboard.press('q');
  await player.locator('section.predict').waitFor({ state: 'hidden' });
  assert.ok((await ink()) > veiled * 1.3, 'without it everything is drawn again');
  assert.ok((await sentences(player)).some((row) => row.text.includes('SYN')));
  await done();
});

test('a wrong answer is set beside the right one, and is listed at the end', async () => {
  const opened = await predicting('scenario=three-way-handshake&lang=zh&predict=2');
  const { player, panel, page, done } = opened;
  assert.equal(await panel.locator('h2').innerText(), '第 1 题，共 2 题');
  const first = await opened.ask();
  await panel.getByRole('checkbox', { name: 'RST' }).check().catch(() => {});
  const truth = await answer(opened, false);
  const verdict = await panel.locator('.verdict').innerText();
  assert.match(verdict, /^不对。/);
  for (const value of Object.values(truth)) assert.ok(verdict.includes(value), verdict);
  assert.match(verdict, /✕/);
  await panel.getByRole('button', { name: '下一题' }).click();
  await panel.getByRole('button', { name: '看答案' }).click();
  assert.match(await panel.locator('.verdict').innerText(), /^未作答/);
  await panel.getByRole('button', { name: '查看成绩' }).click();
  assert.equal(await opened.ask(), '共 2 题，答对 0 题。');
  assert.equal(await panel.locator('.missed button').count(), 2);
  await panel.getByRole('button', { name: first }).first().click();
  assert.ok(await player.evaluate((element) => element.selected !== 0));
  await panel.getByRole('button', { name: '再来一遍' }).click();
  assert.equal(await opened.ask(), first);
  await page.keyboard.press('Escape');
  await done();
});

test('language and numbering can be changed in the middle; the score stays', async () => {
  const opened = await predicting('scenario=three-way-handshake&lang=en&predict');
  const { player, panel, done } = opened;
  await answer(opened, true);
  await player.evaluate((element) => (element.lang = 'zh'));
  assert.match(await panel.locator('.verdict').innerText(), /^答对了。/);
  assert.equal(await panel.locator('.score').innerText(), '答对 1 题，已答 1 题');
  await panel.getByRole('button', { name: '下一题' }).click();
  await player.evaluate((element) => element.setRelative(false));
  for (let n = 0; n < 9 && (await opened.question()).kind !== 'segment'; n++) {
    await answer(opened, true);
    await panel.locator('.verdict button').click();
  }
  const truth = await answer(opened, true);
  const absolute = await player.evaluate((element) => element.core.inspect(element.predict.questions[element.predict.at].id, false, 'en').facts);
  assert.ok(absolute.some(([, value]) => value.startsWith(`seq ${truth.seq} `)), JSON.stringify(absolute));
  assert.match(await panel.locator('.verdict').innerText(), /^答对了。/);
  await done();
});

test('turned on by button and by link, turned off by its cross', async () => {
  const { page, player, done } = await open('scenario=hello-tcp&lang=en');
  const panel = player.locator('section.predict');
  assert.equal(await panel.isVisible(), false);
  await player.getByRole('button', { name: /^Predict mode/ }).click();
  await panel.waitFor();
  await page.keyboard.press('s');
  await page.keyboard.press('Escape');
  await panel.getByRole('button', { name: 'Leave predict mode' }).click();
  await panel.waitFor({ state: 'hidden' });
  await show(player, 'hello-udp');
  await player.evaluate((element) => element.setAttribute('predict', '3'));
  assert.match(await panel.locator('.ask').innerText(), /called recvfrom\(\d+\)\. What does it return\?$/);
  await done();
});

for (const [lang, colorScheme, width, height] of [['en', 'light', 1280, 800], ['zh', 'dark', 390, 844]]) {
  test(`axe-core finds nothing, nothing stands out: ${lang}, ${colorScheme}, ${width} px`, async () => {
    const opened = await predicting(`scenario=hello-tcp&lang=${lang}&predict`, { colorScheme, viewport: { width, height } });
    for (let n = 0; n < 4; n++) {
      assert.deepEqual(await axeFindings(opened.page), []);
      await answer(opened, n % 2 === 0);
      assert.deepEqual(await axeFindings(opened.page), []);
      const wide = await opened.panel.evaluate((element) => [element.scrollWidth, element.clientWidth, document.documentElement.scrollWidth]);
      assert.ok(wide[0] <= wide[1] && wide[2] === width, String(wide));
      await opened.panel.locator('.verdict button').click();
    }
    assert.ok((await drawn(opened.player, 'ladder')).texts.length > 4);
    await opened.done();
  });
}
