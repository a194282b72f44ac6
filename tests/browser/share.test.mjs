// Share links: what one reader sees, another sees by the link alone; a bad link says what is wrong with it.

import assert from 'node:assert/strict';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { after, test } from 'node:test';
import { axeFindings, base, close, open, sentences } from './page.mjs';

after(close);

/** Makes the link of what a player shows, by key and button, and gives its fragment. */
async function linkOf({ page, player }) {
  await page.keyboard.press('s');
  const dialog = player.locator('dialog.share');
  await dialog.waitFor();
  const link = await dialog.getByRole('textbox').inputValue();
  assert.ok(link.startsWith(`${base}/#`), link);
  return { dialog, link, fragment: link.slice(base.length + 2) };
}

const state = (player) =>
  player.evaluate((element) => ({
    title: element.info.title,
    lang: element.lang,
    time: Math.round(element.currentTime * 1e6),
    shown: [...element.views.shown].join(' '),
  }));

test('a link holds scenario, playhead, view and language', async () => {
  const first = await open('scenario=four-way-close&lang=zh');
  await first.player.evaluate((element) => {
    element.views.choose('programs', false);
    element.views.choose('variables', true);
    element.currentTime = 0.1;
  });
  const { fragment } = await linkOf(first);
  const before = await state(first.player);
  await first.done();
  const second = await open(fragment, { locale: 'en-GB' });
  assert.deepEqual(await state(second.player), before);
  assert.equal(before.lang, 'zh');
  assert.match(before.shown, /variables/);
  assert.doesNotMatch(before.shown, /programs/);
  await second.done();
});

test('a scenario of one\'s own travels whole, and runs to the same events', async () => {
  const scenario = {
    framewire: 1,
    title: { en: 'My own & <b>mine</b>', zh: '自己的场景' },
    hosts: [
      { name: 'client', programs: [{ steps: [{ do: 'socket' }, { do: 'connect', to: 'server:80' }, { do: 'send', data: '中文' }, { do: 'close' }] }] },
      { name: 'server', programs: [{ steps: [{ do: 'socket' }, { do: 'bind', port: 80 }, { do: 'listen' }, { do: 'accept' }, { do: 'recv', n: 1024 }, { do: 'close' }] }] },
    ],
  };
  const first = await open('scenario=hello-tcp&lang=en');
  await first.player.evaluate((element, json) => element.load(json), JSON.stringify(scenario));
  await first.player.locator('h1', { hasText: 'My own' }).waitFor();
  const told = await sentences(first.player);
  const { fragment } = await linkOf(first);
  await first.done();
  const packed = new URLSearchParams(fragment).get('json');
  const inside = JSON.parse(inflateRawSync(Buffer.from(packed, 'base64url')));
  assert.deepEqual([inside.title, inside.hosts[0].programs[0].steps[2].data], [scenario.title, '中文']);
  const second = await open(fragment);
  assert.equal(await second.player.locator('h1').innerText(), 'My own & <b>mine</b>');
  assert.deepEqual(await sentences(second.player), told);
  // The address still is the link: loading the page again shows the same.
  assert.ok((await second.page.evaluate(() => location.hash)).includes('json='));
  await second.done();
});

test('what was changed in the middle of the run travels, by link and in a saved page', async () => {
  const seen = (player) =>
    player.evaluate((element) => ({ duration: element.duration, changes: element.lab.bench.changes('en'), later: element.lab.bench.later() }));
  const first = await open('scenario=four-way-close&lang=en');
  const plain = await first.player.evaluate((element) => element.duration);
  await first.player.evaluate((element) => element.lab.change((bench) => bench.turnLater('network.latency', '300ms', 40, 81_000_000, 'en')));
  const before = await seen(first.player);
  assert.ok(before.duration > plain + 0.2, `${plain} ${before.duration}`);
  assert.deepEqual(before.later, [[40, 81_000_000, 'network.latency', '300ms']]);
  const { fragment } = await linkOf(first);
  const saved = await first.page.evaluate(async () => (await import('/player/save.js')).pageOf(document.querySelector('framewire-player')));
  assert.match(saved, / later="\[\[40,81000000,/);
  await first.done();
  const second = await open(fragment);
  assert.deepEqual(await seen(second.player), before);
  // It is the first scenario's alone.
  await second.player.evaluate((element) => element.setAttribute('scenario', 'hello-tcp'));
  await second.player.locator('h1', { hasText: 'Hello' }).waitFor();
  assert.deepEqual((await seen(second.player)).later, []);
  await second.done();
});

test('a link whose changes cannot be read shows the scenario without them, and says so', async () => {
  const rows = ['nonsense', '[[1,2,3]]', '[[-1,0,"network.latency","1ms"]]', JSON.stringify(Array(65).fill([1, 0, 'network.latency', '1ms']))];
  for (const later of rows) {
    const { player, done } = await open(`scenario=hello-tcp&lang=zh&later=${encodeURIComponent(later)}`);
    assert.match(await player.locator('.notice').innerText(), /运行途中/, later);
    assert.equal(await player.evaluate((element) => element.info.name), 'hello-tcp');
    await done();
  }
  const { player, done } = await open(`scenario=hello-tcp&lang=en&later=${encodeURIComponent('[[1,0,"network.nothing","1ms"]]')}`);
  assert.match(await player.locator('.notice').innerText(), /network\.nothing/);
  assert.deepEqual(await player.evaluate((element) => element.lab.bench.later()), []);
  await done();
});

test('changes travel: the link holds the scenario as it is after them', async () => {
  const first = await open('scenario=hello-tcp&lang=en');
  await first.player.evaluate((element) => element.lab.change((bench) => bench.turn('network.latency', '250ms', 'en')));
  const end = await first.player.evaluate((element) => element.duration);
  const { fragment } = await linkOf(first);
  assert.ok(new URLSearchParams(fragment).has('json') && !new URLSearchParams(fragment).has('scenario'));
  await first.done();
  const second = await open(fragment);
  assert.equal(JSON.parse(await second.player.evaluate((element) => element.scenarioJson())).network.latency, '250ms');
  assert.equal(await second.player.evaluate((element) => element.duration), end);
  await second.done();
});

test('the link is copied, and the page says so', async () => {
  const opened = await open('scenario=hello-tcp&lang=en', { permissions: ['clipboard-read', 'clipboard-write'] });
  const { dialog, link } = await linkOf(opened);
  await opened.page.keyboard.press('Enter');
  await dialog.getByRole('status').filter({ hasText: 'Copied.' }).waitFor();
  assert.equal(await opened.page.evaluate(() => navigator.clipboard.readText()), link);
  await opened.done();
});

test('where the browser refuses, the text is selected for the keys', async () => {
  const opened = await open('scenario=hello-tcp&lang=zh');
  await opened.page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('no'));
  });
  const { dialog } = await linkOf(opened);
  await dialog.getByRole('button', { name: '复制链接' }).click();
  await dialog.getByRole('status').filter({ hasText: '文本已选中' }).waitFor();
  const field = dialog.getByRole('textbox');
  assert.ok(await field.evaluate((input) => input.selectionEnd - input.selectionStart === input.value.length));
  await opened.done();
});

test('a link followed in an open page is opened', async () => {
  const { page, player, done } = await open('scenario=hello-tcp&lang=en');
  await page.evaluate(() => (location.hash = '#scenario=hello-udp&at=0.001'));
  await player.locator('h1', { hasText: 'Hello, UDP' }).waitFor();
  assert.equal(Math.round((await player.evaluate((element) => element.currentTime)) * 1e3), 1);
  await done();
});

for (const [what, fragment, lang, message] of [
  ['cut off', `json=${deflateRawSync('{"framewire":1,"hosts":[]}').toString('base64url').slice(0, -6)}`, 'en', /The link is damaged/],
  ['not letters of base64url', 'json=%3Cscript%3E', 'zh', /链接已损坏/],
  ['a bomb', `json=${deflateRawSync(Buffer.alloc(40 << 20)).toString('base64url')}`, 'en', /too long for a link/],
  ['no scenario inside', `json=${deflateRawSync('{"framewire":1,\n"hosts":7}').toString('base64url')}`, 'en', /line 2/],
  ['a name that is none', 'scenario=%3Cimg%20src=x%20onerror=alert(1)%3E', 'zh', /没有名为 <img src=x onerror=alert\(1\)> 的场景/],
]) {
  test(`a bad link gives a clear error: ${what}`, async () => {
    const { player, page, done } = await open(`${fragment}&lang=${lang}`);
    const alert = player.getByRole('alert');
    await alert.waitFor();
    assert.match(await alert.innerText(), message);
    assert.equal(await player.locator('img').count(), 0);
    // The page lives on.
    await page.evaluate(() => (location.hash = '#scenario=hello-tcp'));
    await player.locator('h1', { hasText: /Hello, TCP|你好，TCP/ }).waitFor();
    await done();
  });
}

test('a moment that is none is said, and the rest is shown', async () => {
  const { player, done } = await open('scenario=hello-tcp&lang=en&at=tomorrow');
  await player.getByRole('alert').filter({ hasText: 'no time: tomorrow' }).waitFor();
  assert.equal(await player.evaluate((element) => element.dataset.state), 'ready');
  await done();
});

for (const [lang, colorScheme, width] of [['en', 'dark', 1280], ['zh', 'light', 390]]) {
  test(`axe-core finds nothing: ${lang}, ${colorScheme}, ${width} px`, async () => {
    const opened = await open(`scenario=hello-tcp&lang=${lang}`, { colorScheme, viewport: { width, height: 844 } });
    const { dialog } = await linkOf(opened);
    assert.deepEqual(await axeFindings(opened.page), []);
    const box = await dialog.boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= width, JSON.stringify(box));
    await opened.done();
  });
}
