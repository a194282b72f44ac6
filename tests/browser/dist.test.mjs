// What a release carries: the page of one file from file://, "save as page", the npm package in a page built with Vite,
// and the Mermaid text that `framewire render` writes, drawn by Mermaid.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { after, before, test } from 'node:test';
import { close, launch, open } from './page.mjs';

const npm = fileURLToPath(new URL('../../npm/', import.meta.url));
const here = fileURLToPath(new URL('./', import.meta.url));
let dir;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'framewire-dist-'));
  if (!existsSync(join(npm, 'node_modules/esbuild'))) {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: npm, stdio: 'pipe' });
  }
});
after(async () => {
  await close();
  await rm(dir, { recursive: true, force: true });
});

/**
 * Opens a page that must ask nobody for anything, and waits for its figure.
 * @param {string} url
 * @param {(url: string) => boolean} own which requests are its own
 */
async function alone(url, own) {
  const context = await (await launch()).newContext({ viewport: { width: 1000, height: 700 } });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && complaints.push(m.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (r) => {
    if (!own(r.url()) && !/^(data|blob):/.test(r.url())) complaints.push(`asks for ${r.url()}`);
  });
  await page.goto(url);
  await page.locator('framewire-player[data-state]').waitFor({ state: 'attached' });
  const seen = await page.locator('framewire-player').evaluate((p) => ({
    state: p.dataset.state,
    title: p.info?.title,
    texts: p.ladder.picture.list?.texts.length ?? 0,
    notice: p.shadowRoot.querySelector('.notice').textContent,
  }));
  return { page, context, complaints, seen };
}

test('the page of one file draws from file:// and asks nobody for anything', async () => {
  const file = join(dir, 'one.html');
  execFileSync('node', ['build.mjs', '--page', file, 'sticky-packets'], { cwd: npm });
  const url = pathToFileURL(file).href;
  const { page, context, complaints, seen } = await alone(url, (asked) => asked === url);
  assert.deepEqual([seen.state, seen.title], ['ready', 'Sticky packets'], seen.notice);
  assert.ok(seen.texts > 10);
  // It saves itself, too.
  const download = page.waitForEvent('download');
  await page.locator('framewire-player').evaluate((p) => p.savePage());
  const copy = join(dir, 'copy.html');
  await (await download).saveAs(copy);
  await context.close();
  assert.deepEqual(complaints, []);
  const again = await alone(pathToFileURL(copy).href, (asked) => asked.startsWith('file:'));
  assert.deepEqual([again.seen.state, again.complaints], ['ready', []]);
  await again.context.close();
});

test('"save as page" in the player makes such a page of what is open, hostile texts and all', async () => {
  const evil = '</script><script>window.pwned=1</script>"\'&<img src=x onerror="window.pwned=1">';
  const scenario = JSON.stringify({
    framewire: 1,
    title: { en: evil, zh: evil },
    hosts: [
      { name: 'client', programs: [{ steps: [{ do: 'socket' }, { do: 'connect', to: 'server:80' }, { do: 'send', data: evil }, { do: 'close' }] }] },
      { name: 'server', programs: [{ steps: [{ do: 'socket' }, { do: 'bind', port: 80 }, { do: 'listen' }, { do: 'accept' }, { do: 'recv', n: 1024 }, { do: 'close' }] }] },
    ],
  });
  const { page, done } = await open();
  const text = await page.evaluate(async (json) => {
    const player = document.querySelector('framewire-player');
    await player.load(json);
    return (await import('/player/save.js')).pageOf(player);
  }, scenario);
  await done();
  const file = join(dir, 'saved.html');
  await writeFile(file, text);
  const url = pathToFileURL(file).href;
  const saved = await alone(url, (asked) => asked === url);
  assert.deepEqual([saved.seen.state, saved.seen.title], ['ready', evil], saved.seen.notice);
  assert.equal(await saved.page.evaluate(() => window.pwned), undefined);
  assert.deepEqual(saved.complaints, []);
  await saved.context.close();
});

test('the npm package, installed in a fresh folder and built with Vite, draws', async () => {
  execFileSync('node', ['build.mjs'], { cwd: npm });
  execFileSync('npm', ['pack', '--pack-destination', dir], { cwd: npm, stdio: 'pipe' });
  const tarball = (await readdir(dir)).find((name) => name.endsWith('.tgz'));
  const app = join(dir, 'app');
  await mkdir(app);
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', join(dir, tarball)], { cwd: app, stdio: 'pipe' });
  await writeFile(join(app, 'index.html'), '<!doctype html><title>app</title><div id="app"></div><script type="module" src="./main.js"></script>');
  const source =
    "import { FramewirePlayer } from 'framewire-player';\n" +
    "const player = new FramewirePlayer();\nplayer.setAttribute('scenario', 'hello-udp');\nplayer.setAttribute('height', '480');\n" +
    "document.querySelector('#app')?.append(player);\nexport const length: number = player.duration;\n";
  await writeFile(join(app, 'typed.ts'), source);
  await writeFile(join(app, 'main.js'), source.replace('length: number', 'length').replace('?.append', '.append'));
  const tsc = join(here, 'node_modules/typescript/bin/tsc');
  execFileSync('node', [tsc, '--noEmit', '--strict', '--target', 'es2022', '--module', 'es2022', '--moduleResolution', 'bundler', 'typed.ts'], { cwd: app });
  const { build } = await import('vite');
  await build({ root: app, logLevel: 'error', base: './' });
  const types = { html: 'text/html', js: 'text/javascript', wasm: 'application/wasm' };
  const server = createServer(async (request, response) => {
    const path = request.url === '/' ? '/index.html' : request.url;
    const body = await readFile(join(app, 'dist', path)).catch(() => undefined);
    if (body) response.setHeader('content-type', types[path.split('.').pop()] ?? 'text/plain').end(body);
    else response.writeHead(path === '/favicon.ico' ? 204 : 404).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const url = `http://127.0.0.1:${server.address().port}/`;
    const { context, complaints, seen } = await alone(url, (asked) => asked.startsWith(url));
    assert.deepEqual([seen.state, seen.title, complaints], ['ready', 'Hello, UDP', []], seen.notice);
    await context.close();
  } finally {
    server.close();
  }
});

test('Mermaid draws the sequence diagrams of every built-in scenario', async () => {
  const binary = process.env.FRAMEWIRE_BIN;
  assert.ok(binary, 'FRAMEWIRE_BIN names the binary');
  const names = (await readdir(new URL('../../scenarios/', import.meta.url))).map((name) => name.replace('.json', ''));
  const context = await (await launch()).newContext();
  const page = await context.newPage();
  await page.route('http://mermaid.test/', (route) => route.fulfill({ body: '<!doctype html><title>m</title>', contentType: 'text/html' }));
  await page.goto('http://mermaid.test/');
  await page.addScriptTag({ path: join(here, 'node_modules/mermaid/dist/mermaid.min.js') });
  await page.evaluate(() => window.mermaid.initialize({ startOnLoad: false, maxTextSize: 1e7 }));
  for (const [i, name] of names.entries()) {
    const file = join(dir, `${name}.mmd`);
    execFileSync(binary, ['render', name, '-o', file, '--lang', i % 2 ? 'zh' : 'en'], { stdio: 'pipe' });
    const text = await readFile(file, 'utf8');
    // Drawing thousands of arrows takes Mermaid minutes; that it reads them is enough.
    const drawn = await page.evaluate(
      async ([source, small]) => {
        try {
          await window.mermaid.parse(source);
          return small ? (await window.mermaid.render('figure', source)).svg : 'parsed';
        } catch (error) {
          return `failed: ${error.message}`;
        }
      },
      [text, text.length < 6_000],
    );
    assert.doesNotMatch(drawn, /^failed|Syntax error/, `${name}: ${drawn.slice(0, 300)}`);
    if (name === 'hello-tcp') assert.match(drawn, /SYN seq 0/);
  }
  await context.close();
});
