// Takes pictures of the page, to be looked at: node shot.mjs OUT.png [width height] [hash] [clicks…]
import { chromium } from 'playwright-core';
const [out, width = '1280', height = '800', hash = '', ...acts] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.FRAMEWIRE_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
const page = await browser.newPage({ viewport: { width: Number(width), height: Number(height) }, deviceScaleFactor: Number(process.env.DPR ?? 1), colorScheme: process.env.DARK ? 'dark' : 'light' });
page.on('console', (m) => console.log(m.type(), m.text()));
page.on('pageerror', (e) => console.log('error', e.message));
page.on('requestfailed', (r) => console.log('failed', r.url()));
const base = process.env.FRAMEWIRE_URL ?? 'http://127.0.0.1:8391';
await page.goto(`${base}/${hash}`);
await page.locator('framewire-player[data-state]').waitFor({ state: 'attached', timeout: 5000 }).catch((e) => console.log(e.message));
await page.waitForTimeout(300);
for (const act of acts) { await page.evaluate(act); await page.waitForTimeout(300); }
await page.screenshot({ path: out });
await browser.close();
