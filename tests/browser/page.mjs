// What every test of the page needs: Chromium, a page that fails on console errors and on requests outside its origin.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Where `framewire web` (or any server of www/) listens. */
export const base = (process.env.FRAMEWIRE_URL ?? 'http://127.0.0.1:8080').replace(/\/$/, '');

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser;

/** One browser for a test file. */
export async function launch() {
  browser ??= await chromium.launch({
    executablePath: process.env.FRAMEWIRE_CHROMIUM ?? '/usr/bin/chromium',
    args: FLAGS,
  });
  return browser;
}

export async function close() {
  await browser?.close();
  browser = undefined;
}

/**
 * Opens the page and waits for its first figure.
 * @param {string} [fragment] for example `scenario=hello-tcp&lang=zh`
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
export async function open(fragment = 'scenario=hello-tcp&lang=en', options = {}) {
  const context = await (await launch()).newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(base) && !/^(data|blob):/.test(url)) complaints.push(`request outside the origin: ${url}`);
  });
  await page.goto(`${base}/#${fragment}`);
  const player = page.locator('framewire-player');
  await page.locator('framewire-player[data-state]').waitFor({ state: 'attached' });
  // What is not in sight follows the first figure.
  await player.evaluate(async (element) => {
    while (element.settling) await new Promise((go) => setTimeout(go, 10));
  });
  return {
    page,
    player,
    complaints,
    /** Fails on anything the console or the network complained about, then closes the page. */
    async done() {
      assert.deepEqual(complaints, []);
      await context.close();
    },
  };
}

/** The transcript's sentences that are in the document. */
export async function sentences(player) {
  // The sentences follow the figure.
  await player.locator('.transcript tbody tr').first().waitFor({ state: 'attached' });
  return player.locator('.transcript tbody tr').evaluateAll((rows) =>
    rows.map((row) => ({
      text: row.cells[2]?.textContent ?? '',
      host: row.cells[1]?.textContent ?? '',
      time: row.cells[0]?.textContent ?? '',
      known: row.dataset.known,
      future: row.classList.contains('future'),
    })),
  );
}

/** What a picture draws: its texts, and how many marks of each kind there are. */
export function drawn(player, view) {
  return player.evaluate((element, name) => {
    const list = element[name].picture.list;
    const kinds = ['line', 'arrow', 'rect', 'area', 'text', 'cross', 'region', 'clip'];
    const counts = {};
    for (const kind of list.kind) counts[kinds[kind]] = (counts[kinds[kind]] ?? 0) + 1;
    return { texts: list.texts, counts, width: list.width, height: list.height };
  }, view);
}

/** The names of all built-in scenarios, as the picker offers them. */
export async function scenarioNames(player) {
  await player.getByRole('button', { name: /^(Scenario|场景)/ }).click();
  const names = await player
    .locator('.scenarios button[data-name]')
    .evaluateAll((buttons) => buttons.map((button) => button.dataset.name));
  await player.page().keyboard.press('Escape');
  return names;
}

/** Opens a built-in scenario and waits until it is drawn. */
export async function show(player, name) {
  const ready = await player.evaluate(async (element, wanted) => {
    element.setAttribute('scenario', wanted);
    for (let i = 0; i < 400 && element.info?.name !== wanted; i++) await new Promise((go) => setTimeout(go, 20));
    return element.info?.name === wanted && element.dataset.state === 'ready';
  }, name);
  assert.ok(ready, name);
}

/** What axe-core finds on a page, a line each. */
export async function axeFindings(page) {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.flat(9).join(' ')).join(', ')}`);
  });
}

/** Opens a file by the dialog's input, as a reader would. */
export function choose(player, name, content) {
  return player.locator('header input[type=file]').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) });
}
