// Captures and recordings with several connections: opened by dialog, drop and `src`, one picked from the list; what a
// capture says is text and nothing else.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { axeFindings, base, choose, close, drawn, launch, open, sentences } from './page.mjs';

const folder = mkdtempSync(join(tmpdir(), 'framewire-capture-'));
const many = join(folder, 'many.pcapng');
let count = 0;

before(() => {
  const binary = process.env.FRAMEWIRE_BIN;
  assert.ok(binary, 'FRAMEWIRE_BIN names the binary');
  // Several connections to one server.
  execFileSync(binary, ['sim', 'syn-backlog', '--out', many], { stdio: 'pipe' });
  const report = JSON.parse(execFileSync(binary, ['trace', many, '--json'], { encoding: 'utf8' }));
  count = report.connections.length;
  assert.ok(count > 1);
});
after(async () => {
  await close();
  rmSync(folder, { recursive: true });
});

/** Opens the list of connections of a file. */
async function list(fragment, options) {
  const opened = await open(fragment ?? 'scenario=hello-tcp&lang=en', options);
  await choose(opened.player, 'many.pcapng', readFileSync(many));
  const dialog = opened.player.locator('dialog.connections');
  await dialog.waitFor();
  return { ...opened, dialog, rows: dialog.locator('.choices button') };
}

test('the list names every connection, and all can be drawn in one picture', async () => {
  const { page, player, dialog, rows, done } = await list();
  assert.equal(await dialog.locator('h2').innerText(), `many.pcapng holds ${count} connections`);
  assert.equal(await rows.count(), count + 1);
  assert.match(await rows.nth(1).innerText(), /#0 {1,2}TCP \S+:\d+ → \S+:\d+\s+packets: \d+, bytes there: \d+, back: \d+ · [A-Z]/);
  // By keyboard alone: the first row has the focus.
  await page.keyboard.press('Enter');
  await player.locator('h1', { hasText: 'many.pcapng' }).waitFor();
  assert.equal(await player.evaluate((element) => element.about.connections.length), count);
  await player.locator('.badges .captured').waitFor();
  await done();
});

test('one connection is drawn alone, and another can be picked', async () => {
  const { page, player, rows, done } = await list();
  const all = [];
  for (const n of [0, 1]) {
    if (n > 0) {
      await player.getByRole('button', { name: `Connections (${count})` }).click();
      assert.equal(await rows.nth(1).getAttribute('aria-current'), 'true');
    }
    await rows.first().focus();
    for (let i = 0; i <= n; i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await player.locator('h1', { hasText: `many.pcapng #${n}` }).waitFor();
    const about = await player.evaluate((element) => element.about);
    assert.equal(about.connections.length, 1);
    assert.equal(about.hosts.length, 2);
    all.push(about.connections[0]);
    const told = await sentences(player);
    assert.ok(told.length > 2 && told.every((row) => ['captured', 'inferred'].includes(row.known)));
    assert.ok((await drawn(player, 'ladder')).counts.arrow > 0);
  }
  assert.notEqual(all[0], all[1]);
  await done();
});

test('closing the list changes nothing', async () => {
  const { page, player, dialog, done } = await list();
  await page.keyboard.press('Escape');
  assert.equal(await dialog.evaluate((element) => element.open), false);
  assert.equal(await player.locator('h1').innerText(), 'Hello, TCP');
  await done();
});

test('a dropped capture asks, too', async () => {
  const { page, player, done } = await open();
  const transfer = await page.evaluateHandle((content) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(content)], 'dropped.pcapng'));
    return data;
  }, [...readFileSync(many)]);
  await player.dispatchEvent('drop', { dataTransfer: transfer });
  await player.locator('dialog.connections h2', { hasText: 'dropped.pcapng' }).waitFor();
  await done();
});

test('`src` takes a capture, `connection` one of it', async () => {
  const page = await (await launch()).newPage();
  await page.route(`${base}/lesson.pcap`, (route) => route.fulfill({ body: readFileSync(many), contentType: 'application/octet-stream' }));
  await page.route(`${base}/lesson.html`, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><html lang=en><title>l</title><script type=module src="/player/element.js"></script><framewire-player src="lesson.pcap"></framewire-player>' }));
  await page.goto(`${base}/lesson.html`);
  const player = page.locator('framewire-player');
  await page.locator('framewire-player[data-state=ready]').waitFor({ state: 'attached' });
  assert.deepEqual(await player.evaluate((p) => [p.info.title, p.about.connections.length]), ['lesson.pcap', count]);
  await player.evaluate((p) => p.setAttribute('connection', '1'));
  await page.waitForFunction(() => document.querySelector('framewire-player').info.title === 'lesson.pcap #1');
  assert.equal(await player.evaluate((p) => p.about.connections.length), 1);
  await player.evaluate((p) => p.setAttribute('connection', '99'));
  await player.getByRole('alert').filter({ hasText: 'lesson.pcap has no connection 99' }).waitFor();
  await page.close();
});

/** A capture whose every text is markup: names, comments, payload. */
function hostile() {
  const evil = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';
  const u16 = (n) => [n & 255, (n >> 8) & 255];
  const u32 = (n) => [...u16(n & 0xffff), ...u16(n >>> 16)];
  const padded = (bytes) => [...bytes, ...new Array((4 - (bytes.length % 4)) % 4).fill(0)];
  const option = (code, bytes) => [...u16(code), ...u16(bytes.length), ...padded(bytes)];
  const block = (type, body) => [...u32(type), ...u32(body.length + 12), ...body, ...u32(body.length + 12)];
  const text = [...Buffer.from(evil)];
  const big = (n) => [(n >> 8) & 255, n & 255];
  const payload = [...text];
  const udp = [...big(4000), ...big(53), ...big(8 + payload.length), 0, 0, ...payload];
  const ip = [0x45, 0, ...big(20 + udp.length), 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, ...udp];
  return Buffer.from([
    ...block(0x0a0d0d0a, [...u32(0x1a2b3c4d), 1, 0, 0, 0, ...new Array(8).fill(255), ...option(4, text), ...u32(0)]),
    ...block(1, [...u16(101), ...u16(0), ...u32(0), ...option(2, text), ...u32(0)]),
    ...block(6, [...u32(0), ...u32(0), ...u32(1), ...u32(ip.length), ...u32(ip.length), ...padded(ip), ...option(1, text), ...u32(0)]),
  ]);
}

test('text from a capture is never markup', async () => {
  const { page, player, done } = await open('scenario=hello-tcp&lang=en', { viewport: { width: 1600, height: 1000 } });
  const name = '<img src=x onerror=window.pwned=1>.pcapng';
  await choose(player, name, hostile());
  await player.locator('h1', { hasText: name }).waitFor();
  await player.evaluate((element) => element.setAttribute('view', 'ladder bytes programs inspector states charts variables transcript'));
  await player.evaluate((element) => element.select(1 << 28));
  await page.keyboard.press('e');
  await page.keyboard.press('Escape');
  await page.keyboard.press('s');
  await page.keyboard.press('Escape');
  const saved = await page.evaluate(async () => (await import('/player/save.js')).pageOf(document.querySelector('framewire-player')));
  assert.doesNotMatch(saved, /<img src=x/);
  assert.equal(await player.locator('img').count(), 0);
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  await done();
});

test('what is neither recording nor capture is refused, and what was open stays', async () => {
  const { player, done } = await open('scenario=hello-tcp&lang=zh');
  await choose(player, 'notes.pcap', 'hello hello');
  const alert = player.getByRole('alert');
  await alert.waitFor();
  assert.match(await alert.innerText(), /notes\.pcap 既不是 framewire 录制文件，也不是抓包文件.*68 65 6c 6c/);
  assert.ok((await drawn(player, 'ladder')).counts.arrow > 4);
  const whole = readFileSync(many);
  await choose(player, 'cut.pcapng', whole.subarray(0, whole.length - 5));
  await player.locator('dialog.connections .choices button').first().click();
  await player.locator('.notice', { hasText: '截断' }).waitFor();
  await done();
});

for (const [lang, colorScheme, width] of [['en', 'light', 1280], ['zh', 'dark', 390]]) {
  test(`axe-core finds nothing in the list: ${lang}, ${colorScheme}, ${width} px`, async () => {
    const { page, dialog, done } = await list(`scenario=hello-tcp&lang=${lang}`, { colorScheme, viewport: { width, height: 844 } });
    assert.deepEqual(await axeFindings(page), []);
    const box = await dialog.boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= width, JSON.stringify(box));
    await done();
  });
}
