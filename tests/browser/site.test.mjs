// The site as it is published: bundled scripts on a plain static host.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { host } from './host.mjs';
import { close, launch } from './page.mjs';

const site = process.env.FRAMEWIRE_SITE;
const dir = mkdtempSync(join(tmpdir(), 'framewire-site-'));
let hosted;

before(async () => {
  assert.ok(site, 'FRAMEWIRE_SITE names the folder of the site (cargo xtask test --only site makes it)');
  hosted = await host(site);
});
after(async () => {
  await close();
  hosted?.close();
  rmSync(dir, { recursive: true });
});

/** Opens a page and waits until each of its players that is to be seen has drawn. @param {string} url */
async function visit(url) {
  const context = await (await launch()).newContext({ viewport: { width: 1000, height: 700 } });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && complaints.push(m.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  await page.locator('framewire-player').first().scrollIntoViewIfNeeded();
  await page.locator('framewire-player[data-state=ready]').first().waitFor({ state: 'attached' });
  return { page, context, complaints };
}

test('the page asks for three scripts and the module, and for none of them late', async () => {
  hosted.asked.length = 0;
  const { page, context, complaints } = await visit(`${hosted.url}/`);
  const scripts = hosted.asked.filter((path) => path.endsWith('.js'));
  assert.deepEqual(scripts.map((path) => path.replace(/-\w+\./, '.')).sort(), ['/page.js', '/pkg/player.js', '/still.js']);
  assert.deepEqual(hosted.asked.filter((path) => path.endsWith('.wasm')), ['/pkg/framewire_bg.wasm']);
  const head = await page.evaluate(() => [...document.querySelectorAll('head link, script[src]')].map((e) => new URL(e.href ?? e.src).pathname));
  for (const path of scripts) assert.ok(head.includes(path), `${path} is asked for late: ${head}`);
  assert.ok(await page.locator('framewire-player').evaluate((p) => p.ladder.picture.list.texts.length > 10));
  assert.deepEqual(complaints, []);
  await context.close();
});

test('notes, examples and the iframe draw with the bundled element', async () => {
  for (const path of ['notes/en.html', 'notes/zh.html', 'examples/script-tag.html', 'examples/module.html', 'examples/csp.html', 'embed.html?scenario=hello-udp']) {
    const { context, complaints } = await visit(`${hosted.url}/${path}`);
    assert.deepEqual(complaints, [], path);
    await context.close();
  }
});

test('"save as page" of the bundled player is a page of one file', async () => {
  const { page, context } = await visit(`${hosted.url}/#scenario=sticky-packets&lang=en`);
  const download = page.waitForEvent('download');
  await page.locator('framewire-player').evaluate((p) => p.savePage());
  const file = join(dir, 'saved.html');
  await (await download).saveAs(file);
  await context.close();
  const saved = await visit(pathToFileURL(file).href);
  assert.equal(await saved.page.locator('framewire-player').evaluate((p) => p.info.title), 'Sticky packets');
  assert.deepEqual(saved.complaints, []);
  await saved.context.close();
});

test('until the figure is there its still picture is, and nothing else', async () => {
  const context = await (await launch()).newContext({ viewport: { width: 390, height: 800 }, locale: 'zh-CN' });
  const page = await context.newPage();
  let go;
  const gate = new Promise((resolve) => (go = resolve));
  await page.route('**/*.wasm', async (route) => {
    await gate;
    await route.continue();
  });
  await page.goto(`${hosted.url}/`);
  const still = page.locator('img.still');
  await still.waitFor();
  assert.match(await still.getAttribute('src'), /hello-tcp\.zh\.svg$/);
  await page.waitForFunction(() => document.querySelector('.still')?.naturalWidth > 0);
  go();
  await page.locator('framewire-player[data-state=ready]').waitFor();
  assert.equal(await still.count(), 0);
  for (const fragment of ['scenario=closed-port', 'scenario=hello-tcp&predict', 'scenario=nothing-of-the-kind']) {
    await page.goto('about:blank');
    await page.goto(`${hosted.url}/#${fragment}`);
    assert.equal(await page.evaluate(() => document.querySelectorAll('.still').length), 0, fragment);
  }
  await context.close();
});

test('the still picture is painted before the player and its module begin, and never waited for long', async () => {
  for (const how of ['comes', 'fails', 'never comes']) {
    const context = await (await launch()).newContext({ viewport: { width: 390, height: 800 } });
    const page = await context.newPage();
    let go;
    const gate = new Promise((resolve) => (go = resolve));
    await page.route('**/hello-tcp.*.svg', async (route) => {
      await gate;
      await (how === 'fails' ? route.abort() : route.continue());
    });
    const begun = [];
    page.on('request', (request) => begun.push(new URL(request.url()).pathname));
    await page.goto(`${hosted.url}/`, { waitUntil: 'commit' });
    while (!begun.some((path) => path.endsWith('.svg'))) await page.waitForTimeout(20);
    await page.waitForTimeout(400);
    assert.ok(!begun.some((path) => path.endsWith('.wasm')), `${how}: ${begun}`);
    if (how !== 'never comes') go();
    const began = performance.now();
    await page.locator('framewire-player[data-state=ready]').waitFor({ timeout: 20_000 });
    assert.equal(begun.filter((path) => path.endsWith('.wasm')).length, 1, how);
    if (how === 'comes') {
      const [painted, asked] = await page.evaluate(() => [
        performance.getEntriesByName('first-contentful-paint')[0].startTime,
        performance.getEntriesByType('resource').find((entry) => entry.name.endsWith('.wasm')).startTime,
      ]);
      assert.ok(painted <= asked, `painted at ${painted} ms, the module asked for at ${asked} ms`);
    }
    console.log(`${how}: ready after ${(performance.now() - began).toFixed(0)} ms`);
    go();
    await context.close();
  }
});

test('every still picture that is promised is there', async () => {
  const { readFileSync } = await import('node:fs');
  const promised = readFileSync(join(site, 'still.js'), 'utf8').match(/"((?:[a-z-]+ ){5,}[a-z-]+)"/)[1].split(' ');
  const there = new Set(readdirSync(join(site, 'notes/figures')));
  assert.ok(promised.includes('hello-tcp'));
  for (const name of promised) for (const lang of ['en', 'zh']) assert.ok(there.has(`${name}.${lang}.svg`), `${name}.${lang}`);
  assert.equal(promised.length * 2, there.size);
});

test('what the bundle took in stands there no more, what others build on does', () => {
  assert.deepEqual(readdirSync(join(site, 'player')), ['element.js']);
  assert.deepEqual(readdirSync(site).filter((name) => name.endsWith('.js')).sort(), ['embed-page.js', 'embed-parent.js', 'page.js', 'still.js']);
});
