// Each export is opened again, by the program that it is meant for, and compared with what the page shows.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { after, test } from 'node:test';
import { axeFindings, choose, close, drawn, launch, open, sentences } from './page.mjs';

const folder = mkdtempSync(join(tmpdir(), 'framewire-export-'));
after(async () => {
  await close();
  rmSync(folder, { recursive: true });
});

/** Opens the dialog by its key. */
async function exporting(fragment, options) {
  const opened = await open(fragment, options);
  await opened.page.keyboard.press('e');
  const dialog = opened.player.locator('dialog.export');
  await dialog.waitFor();
  return {
    ...opened,
    dialog,
    /** Presses the button of an ending and gives the file. */
    async save(ending) {
      const [download] = await Promise.all([
        opened.page.waitForEvent('download'),
        dialog.locator('li', { has: opened.page.locator(`#export-${ending}`) }).getByRole('button').first().click(),
      ]);
      const path = join(folder, download.suggestedFilename());
      await download.saveAs(path);
      assert.match(await dialog.getByRole('status').innerText(), new RegExp(download.suggestedFilename().replaceAll('.', '\\.')));
      return path;
    },
  };
}

const tell = async (player) => (await sentences(player)).map((row) => `${row.time} ${row.text}`);

test('the packets, read by tshark: none malformed, every checksum right, all of them there', async () => {
  for (const name of ['hello-tcp', 'sack', 'udp-fragment-lost']) {
    const { player, save, done } = await exporting(`scenario=${name}&lang=en`);
    const file = await save('pcapng');
    assert.equal(file, join(folder, `${name}.pcapng`));
    const fields = ['tcp.checksum.status', 'udp.checksum.status', 'ip.checksum.status', '_ws.malformed', 'tcp.flags.str', 'tcp.len', 'frame.comment'];
    const checks = ['tcp.check_checksum', 'udp.check_checksum', 'ip.check_checksum'].flatMap((option) => ['-o', `${option}:TRUE`]);
    const told = execFileSync('tshark', ['-r', file, ...checks, '-T', 'fields', '-E', 'separator=|', ...fields.flatMap((f) => ['-e', f])], { encoding: 'utf8' });
    const rows = told.trim().split('\n').map((line) => line.split('|'));
    const packets = await player.evaluate((element) => element.about.packets);
    if (name !== 'udp-fragment-lost') assert.equal(rows.length, packets, name);
    for (const [tcp, udp, ip, malformed] of rows) {
      // 1 is good, 2 not verified (fragments cannot be).
      // An ICMP message quotes the header that it is about: two checksums.
      assert.match(ip, /^1(,1)*$/, name);
      assert.ok(['1', ''].includes(tcp) && ['1', '2', ''].includes(udp), `${name}: ${tcp} ${udp}`);
      assert.equal(malformed, '', name);
    }
    assert.ok(rows.some((row) => /why: /.test(row[6])), `${name}: the causes are in the comments`);
    await done();
  }
});

test('the Mermaid text, drawn by Mermaid, has the arrows of the ladder', async () => {
  const { player, save, done } = await exporting('scenario=lost-syn&lang=zh');
  const text = readFileSync(await save('mmd'), 'utf8');
  const shown = await player.evaluate((element) => ({ packets: element.about.packets, title: element.info.title }));
  await done();
  const page = await (await launch()).newPage();
  await page.setContent('<!doctype html><title>m</title><main></main>');
  await page.addScriptTag({ path: fileURLToPath(new URL('node_modules/mermaid/dist/mermaid.min.js', import.meta.url)) });
  const seen = await page.evaluate(async (source) => {
    window.mermaid.initialize({ startOnLoad: false });
    const { svg } = await window.mermaid.render('figure', source);
    document.querySelector('main').innerHTML = svg;
    const texts = [...document.querySelectorAll('.messageText')].map((text) => text.textContent);
    return { texts, lost: document.querySelectorAll('[marker-end*=crosshead]').length, all: document.querySelector('main').textContent };
  }, text);
  assert.equal(seen.texts.length, shown.packets);
  assert.match(seen.texts[0], /^SYN seq 0/);
  assert.equal(seen.lost, 1, 'the lost SYN ends in a cross');
  assert.ok(seen.all.includes(shown.title) && seen.all.includes('SYN-SENT'));
  await page.close();
});

test('the recording, opened again in the page, is the same event for event', async () => {
  const { player, page, save, done } = await exporting('scenario=framed-hello&lang=en');
  const file = await save('fwtrace');
  const bytes = readFileSync(file);
  const before = { told: await tell(player), ladder: await drawn(player, 'ladder'), ledger: await drawn(player, 'ledger') };
  await page.keyboard.press('Escape');
  await choose(player, 'again.fwtrace', bytes);
  await player.locator('h1', { hasText: 'again.fwtrace' }).waitFor();
  assert.deepEqual(await tell(player), before.told);
  assert.deepEqual((await drawn(player, 'ladder')).texts, before.ladder.texts);
  assert.deepEqual((await drawn(player, 'ledger')).texts, before.ledger.texts);
  const again = await player.evaluate((element) => [...element.core.traceFile()]);
  assert.ok(Buffer.from(again).equals(bytes), 'written again, it is the same file');
  await done();
});

test('the scenario, opened again in the page, runs to the same events', async () => {
  const { player, page, save, done } = await exporting('scenario=sticky-packets&lang=zh');
  const file = await save('json');
  const before = await player.evaluate((element) => [...element.core.traceFile()].join());
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).name, 'sticky-packets');
  await page.keyboard.press('Escape');
  await player.evaluate((element) => element.setAttribute('scenario', 'hello-udp'));
  await player.locator('h1', { hasText: 'UDP' }).waitFor();
  await choose(player, 'sticky-packets.json', readFileSync(file));
  await player.locator('h1', { hasText: '粘包' }).waitFor();
  assert.equal(await player.evaluate((element) => [...element.core.traceFile()].join()), before);
  await done();
});

test('the drawing holds what the canvas shows, and the picture of dots is that drawing', async () => {
  const { page, player, dialog, save, done } = await exporting('scenario=hello-tcp&lang=zh');
  for (const [view, word] of [['ladder', 'FIN ACK'], ['ledger', '发送调用'], ['machine', 'TIME-WAIT']]) {
    await dialog.locator('select').selectOption(view);
    const svg = readFileSync(await save('svg'), 'utf8');
    assert.ok(svg.startsWith('<svg') && svg.includes(word), `${view}: ${svg.slice(0, 200)}`);
    const png = readFileSync(await save('png'));
    assert.equal(png.subarray(1, 4).toString(), 'PNG');
    const [width, height] = ['width', 'height'].map((name) => Number(new RegExp(`${name}="([\\d.]+)"`).exec(svg)[1]));
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)].map((n) => Math.round(n / 2)), [width, height].map(Math.round), view);
    // Ink is on it: not all dots have the colour of the paper.
    const colours = await page.evaluate(async (data) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [image.width, image.height];
      const ctx = canvas.getContext('2d');
      ctx.drawImage(image, 0, 0);
      return new Set(new Uint32Array(ctx.getImageData(0, 0, image.width, image.height).data.buffer)).size;
    }, png.toString('base64'));
    assert.ok(colours > 20, `${view}: ${colours} colours`);
  }
  assert.ok(await player.evaluate((element) => element.core !== undefined));
  await done();
});

test('the plain text has a line for every packet, and can be copied', async () => {
  const { page, dialog, player, save, done } = await exporting('scenario=hello-tcp&lang=en', { permissions: ['clipboard-read', 'clipboard-write'] });
  const text = readFileSync(await save('txt'), 'utf8');
  const packets = await player.evaluate((element) => element.about.packets);
  assert.equal(text.split('\n').filter((line) => /-->|<--|--.*->|<-.*--/.test(line)).length, packets, text);
  await dialog.getByRole('button', { name: 'Copy: text' }).click();
  await dialog.getByRole('status').filter({ hasText: 'Copied.' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), text);
  await done();
});

test('the page, opened from its file, draws the same; also of a recording', async () => {
  const { page, player, dialog, save, done } = await exporting('scenario=hello-tcp&lang=zh');
  const trace = readFileSync(await save('fwtrace'));
  for (const recorded of [false, true]) {
    if (recorded) {
      await page.keyboard.press('Escape');
      await choose(player, 'mine.fwtrace', trace);
      await player.locator('h1', { hasText: 'mine.fwtrace' }).waitFor();
      await player.evaluate((element) => element.export.show());
    }
    const told = await tell(player);
    const [download] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name: /HTML/ }).click()]);
    const path = join(folder, `${recorded}-${download.suggestedFilename()}`);
    await download.saveAs(path);
    const tab = await (await launch()).newPage();
    const complaints = [];
    tab.on('pageerror', (error) => complaints.push(error.message));
    tab.on('console', (m) => m.type() === 'error' && complaints.push(m.text()));
    await tab.goto(pathToFileURL(path).href);
    const copy = tab.locator('framewire-player');
    await tab.locator('framewire-player[data-state=ready]').waitFor({ state: 'attached' });
    assert.deepEqual(await tell(copy), told);
    assert.equal(await copy.evaluate((element) => element.info.title), recorded ? 'mine.fwtrace' : '你好，TCP');
    assert.deepEqual(complaints, []);
    await tab.close();
  }
  await done();
});

test('what cannot be made says why', async () => {
  const { page, player, save, done } = await exporting('scenario=hello-tcp&lang=en');
  const trace = readFileSync(await save('fwtrace'));
  await page.keyboard.press('Escape');
  await choose(player, 'a.fwtrace', trace);
  await player.locator('h1', { hasText: 'a.fwtrace' }).waitFor();
  await page.keyboard.press('e');
  const row = player.locator('dialog.export li', { has: page.locator('#export-json') });
  assert.ok(await row.getByRole('button').first().isDisabled());
  assert.equal(await row.locator('#export-json').innerText(), 'a recording has no scenario');
  await done();
});

for (const [lang, colorScheme, width] of [['en', 'light', 1280], ['zh', 'dark', 390]]) {
  test(`axe-core finds nothing, keys walk the list: ${lang}, ${colorScheme}, ${width} px`, async () => {
    const { page, player, dialog, done } = await exporting(`scenario=hello-tcp&lang=${lang}`, { colorScheme, viewport: { width, height: 844 } });
    assert.deepEqual(await axeFindings(page), []);
    const box = await dialog.boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= width && box.y >= 0 && box.y + box.height <= 844, JSON.stringify(box));
    const focused = () => player.evaluate((element) => element.shadowRoot.activeElement?.getAttribute('aria-describedby'));
    assert.equal(await focused(), 'export-svg');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(), 'export-pcapng');
    await page.keyboard.press('Escape');
    assert.equal(await dialog.evaluate((element) => element.open), false);
    await done();
  });
}
