// The course notes: every figure loads and is what the section speaks of, axe-core finds nothing, a phone can read them.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { base, close, launch } from './page.mjs';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

after(close);

async function visit(page, options = {}) {
  const context = await (await launch()).newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: true, ...options });
  const tab = await context.newPage();
  const complaints = [];
  tab.on('console', (m) => ['error', 'warning'].includes(m.type()) && complaints.push(m.text()));
  tab.on('pageerror', (error) => complaints.push(error.message));
  tab.on('request', (r) => {
    if (!r.url().startsWith(base) && !/^(data|blob):/.test(r.url())) complaints.push(`asks for ${r.url()}`);
  });
  await tab.goto(`${base}/notes/${page}`);
  return { tab, complaints, context };
}

for (const lang of ['en', 'zh']) {
  test(`every figure of the notes draws: ${lang}`, async () => {
    const { tab, complaints, context } = await visit(`${lang}.html`);
    const players = tab.locator('framewire-player');
    const count = await players.count();
    assert.ok(count >= 15, String(count));
    for (let i = 0; i < count; i++) {
      const player = players.nth(i);
      await player.evaluate((p) => p.scrollIntoView());
      await tab.waitForFunction((n) => document.querySelectorAll('framewire-player')[n].dataset.state, i);
      const seen = await player.evaluate((p) => ({
        state: p.dataset.state,
        lang: p.lang,
        name: p.info?.name,
        asked: p.getAttribute('scenario'),
        texts: p.ladder.picture.list?.texts.length ?? 0,
        fits: p.offsetHeight >= p.naturalHeight - 4,
      }));
      assert.deepEqual({ ...seen, texts: 0 }, { state: 'ready', lang, name: seen.asked, asked: seen.asked, texts: 0, fits: true });
      assert.ok(seen.texts > 5, seen.asked);
    }
    const links = await tab.locator('a[href]').evaluateAll((all) => [...new Set(all.map((a) => a.href.split('#')[0]))]);
    for (const link of links) assert.equal((await tab.request.get(link)).status(), 200, link);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  for (const colorScheme of ['light', 'dark']) {
    test(`axe-core finds nothing in the notes: ${lang}, ${colorScheme}`, async () => {
      const { tab, context } = await visit(`${lang}.html`, { colorScheme });
      await tab.locator('framewire-player').first().scrollIntoViewIfNeeded();
      await tab.locator('framewire-player[data-state="ready"]').first().waitFor({ state: 'attached' });
      await tab.locator('details').evaluateAll((all) => all.forEach((d) => (d.open = true)));
      await tab.addScriptTag({ path: axePath });
      const { violations } = await tab.evaluate(() => window.axe.run());
      assert.deepEqual(
        violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' | ')}`),
        [],
      );
      await context.close();
    });
  }

  test(`on a phone nothing of the notes stands out: ${lang}`, async () => {
    const { tab, context } = await visit(`${lang}.html`, { viewport: { width: 390, height: 800 }, hasTouch: true });
    await tab.locator('framewire-player').first().scrollIntoViewIfNeeded();
    await tab.locator('framewire-player[data-state="ready"]').first().waitFor({ state: 'attached' });
    const [wide, screen] = await tab.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= screen, `${wide} of ${screen}`);
    await context.close();
  });
}
