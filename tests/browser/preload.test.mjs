// The page asks for all it needs at once: what stands in its head is what it loads.

import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { close, open } from './page.mjs';

after(close);

test('every module of the first figure is asked for in the head, and nothing else', async () => {
  const { page, done } = await open();
  const { linked, loaded } = await page.evaluate(() => ({
    linked: [...document.querySelectorAll('link[rel=modulepreload], link[rel=preload]')].map((link) => /** @type {HTMLLinkElement} */ (link).href),
    loaded: performance.getEntriesByType('resource').map((entry) => entry.name).filter((name) => /\.(js|wasm)$/.test(name) && !name.endsWith('/page.js')),
  }));
  assert.deepEqual([...linked].sort(), [...new Set(loaded)].sort());
  await done();
});

test('nothing moves while the page loads', async () => {
  for (const width of [1280, 390]) {
    const { page, done } = await open('scenario=hello-tcp&lang=en', { viewport: { width, height: 800 } });
    const shifted = await page.evaluate(() => new Promise((resolve) => {
      new PerformanceObserver((list) => {
        // The reader's own doing does not count.
        const entries = list.getEntries().filter((entry) => !(/** @type {any} */ (entry).hadRecentInput));
        resolve(entries.reduce((sum, entry) => sum + /** @type {any} */ (entry).value, 0));
      }).observe({ type: 'layout-shift', buffered: true });
      setTimeout(() => resolve(0), 500);
    }));
    assert.ok(Number(shifted) < 0.02, `${width} px: ${shifted}`);
    await done();
  }
});
