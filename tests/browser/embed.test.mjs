// The player in other people's pages: every way to embed it, many on one page, strict policies, hostile texts.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { base, close, launch } from './page.mjs';

after(close);

/**
 * Opens a page of the site, or `html` as if it stood on the site.
 * @param {string} path
 * @param {{ html?: string, headers?: Record<string, string>, options?: import('playwright-core').BrowserContextOptions }} [how]
 */
async function visit(path, { html, headers, options } = {}) {
  const context = await (await launch()).newContext({ viewport: { width: 1000, height: 700 }, ...options });
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
  if (html !== undefined) {
    await page.route(`${base}/${path}`, (route) =>
      route.fulfill({ body: html, contentType: 'text/html; charset=utf-8', headers }),
    );
  }
  await page.goto(`${base}/${path}`);
  return {
    page,
    context,
    complaints,
    async done() {
      assert.deepEqual(complaints, []);
      await context.close();
    },
  };
}

const ready = (page, selector = 'framewire-player') => page.locator(`${selector}[data-state="ready"]`).first().waitFor({ state: 'attached' });

/** A page with `body`, and the element's script. */
const around = (body, head = '') =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title>${head}` +
  `<script type="module" src="/player/element.js"></script></head><body>${body}</body></html>`;

test('one script and one tag: a built-in scenario with its fallback, and one that stands in the page', async () => {
  const { page, done } = await visit('examples/script-tag.html');
  await ready(page, '#built-in');
  const built = page.locator('#built-in');
  assert.equal(await built.locator('img').isVisible(), false, 'the fallback gives way');
  const { height, natural } = await built.evaluate((e) => ({ height: e.offsetHeight, natural: e.naturalHeight }));
  assert.ok(height > 320 && Math.abs(height - natural) <= 4, `height="auto": ${height}, wanted ${natural}`);
  await page.locator('#inline').scrollIntoViewIfNeeded();
  await ready(page, '#inline');
  const told = await page.locator('#inline').evaluate((e) => [e.info.title, e.offsetHeight, e.core.rows(0, 999, true, 'en').map((r) => r.text).join(' ')]);
  assert.equal(told[0], 'A late reader');
  assert.equal(told[1], 420);
  assert.match(told[2], /b'helloworld'/);
  await done();
});

test('where scripts are forbidden, and in print, the fallback shows', async () => {
  const { page, done } = await visit('examples/script-tag.html', { options: { javaScriptEnabled: false } });
  assert.ok(await page.locator('#built-in img').isVisible());
  await done();

  const printed = await visit('examples/script-tag.html');
  await ready(printed.page, '#built-in');
  await printed.page.emulateMedia({ media: 'print' });
  assert.ok(await printed.page.locator('#built-in img').isVisible());
  assert.equal(await printed.page.locator('#built-in .player').isVisible(), false);
  await printed.done();
});

test('an iframe tells its height to the page around it, and to no other', async () => {
  const { page, done } = await visit('examples/iframe.html');
  const frame = page.frameLocator('iframe');
  await frame.locator('framewire-player[data-state="ready"]').waitFor({ state: 'attached' });
  await page.waitForFunction(() => document.querySelector('iframe').style.height !== '');
  const { outer, inner } = {
    outer: await page.locator('iframe').evaluate((f) => f.offsetHeight),
    inner: await frame.locator('framewire-player').evaluate((p) => ({ has: p.offsetHeight, wants: p.naturalHeight, lang: p.lang })),
  };
  assert.equal(inner.lang, 'zh');
  assert.ok(outer > 320 && Math.abs(inner.has - inner.wants) <= 4, JSON.stringify({ outer, inner }));
  await page.waitForTimeout(300);
  assert.equal(await page.locator('iframe').evaluate((f) => f.offsetHeight), outer, 'the height does not creep');

  await done();
});

/** Plain static hosting: the files and their types, no header else. */
async function hosting(answer) {
  const types = { html: 'text/html', js: 'text/javascript', wasm: 'application/wasm', css: 'text/css', svg: 'image/svg+xml' };
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://x').pathname;
    try {
      const body = answer?.(path) ?? (await readFile(new URL(`../../www${path}`, import.meta.url)));
      response.setHeader('content-type', types[path.split('.').pop()] ?? 'text/html').end(body);
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { port: server.address().port, close: () => server.close() };
}

test('from another origin, on static hosting, the iframe tells its height to that origin alone', async () => {
  const figures = await hosting();
  const origin = `http://127.0.0.1:${figures.port}`;
  const html = (script) => `<!doctype html><title>Moodle</title><iframe src="${origin}/embed.html?scenario=hello-udp" style="height:400px;width:700px"></iframe>${script}`;
  const course = await hosting((path) =>
    path === '/listens.html'
      ? html(`<script>addEventListener('message', (e) => { if (e.data.type) window.heard = [e.origin, e.data.height]; })</script>`)
      : html(`<script src="${origin}/embed-parent.js"></script>`),
  );
  const context = await (await launch()).newContext();
  try {
    const page = await context.newPage();
    await page.goto(`http://localhost:${course.port}/listens.html`);
    await page.waitForFunction(() => window.heard);
    const [from, height] = await page.evaluate(() => window.heard);
    assert.equal(from, origin);
    assert.ok(height > 200 && height <= 900);
    await page.goto(`http://localhost:${course.port}/follows.html`);
    await page.waitForFunction(() => document.querySelector('iframe').style.height !== '400px');
    assert.equal(await page.locator('iframe').evaluate((f) => f.style.height), `${height}px`);
    // Messages from other windows, and made-up ones, change nothing.
    await page.evaluate(() => {
      window.postMessage({ type: 'framewire-height', height: 77 }, '*');
      const other = document.createElement('iframe');
      other.srcdoc = '<script>parent.postMessage({ type: "framewire-height", height: 88 }, "*")</scr' + 'ipt>';
      const loaded = new Promise((resolve) => other.addEventListener('load', resolve));
      document.body.append(other);
      return loaded;
    });
    await page.waitForTimeout(200);
    assert.deepEqual(await page.locator('iframe').evaluateAll((all) => all.map((f) => f.style.height)), [`${height}px`, '']);
  } finally {
    await context.close();
    figures.close();
    course.close();
  }
});

test('as a module it is driven as a video is', async () => {
  const { page, done } = await visit('examples/module.html');
  await ready(page);
  const player = page.locator('framewire-player');
  const events = await player.evaluate(async (p) => {
    const seen = [];
    for (const type of ['play', 'pause', 'seeked', 'ended', 'ratechange']) p.addEventListener(type, () => seen.push(type));
    p.currentTime = 0.01;
    const at = p.currentTime;
    p.playbackRate = 8;
    await p.play();
    const running = !p.paused;
    p.pause();
    p.currentTime = p.duration * 0.98;
    await p.play();
    await new Promise((resolve) => p.addEventListener('ended', resolve));
    return { seen, at, running, ended: p.ended, now: p.currentTime, duration: p.duration };
  });
  assert.ok(Math.abs(events.at - 0.01) < 0.001, String(events.at));
  assert.ok(events.running && events.ended);
  assert.ok(Math.abs(events.now - events.duration) < 1e-6);
  assert.deepEqual([...new Set(events.seen)].sort(), ['ended', 'pause', 'play', 'ratechange', 'seeked']);
  const recvs = () => player.evaluate((p) => p.core.rows(0, 999, true, 'en').filter((r) => /b'(hello|world)+'/.test(r.text) && r.host === 'server').map((r) => r.text).join('\n'));
  assert.doesNotMatch(await recvs(), /b'helloworld'/);
  await page.getByRole('button', { name: 'Let the reader come later' }).click();
  await page.waitForFunction(() => document.querySelector('framewire-player').info.title.includes('200'));
  assert.match(await recvs(), /b'helloworld'/);
  await done();
});

test('start, end, autoplay, speed and loop', async () => {
  const attributes = 'scenario="hello-tcp" start="0.02" end="0.06" speed="4" controls="none" height="400"';
  const { page, done } = await visit('a.html', { html: around(`<framewire-player ${attributes} autoplay></framewire-player>`) });
  await ready(page);
  const end = await page.locator('framewire-player').evaluate(async (p) => {
    if (!p.ended) await new Promise((resolve) => p.addEventListener('ended', resolve));
    return { time: p.currentTime, paused: p.paused, speed: p.playbackRate, bar: p.shadowRoot.querySelector('footer').offsetHeight };
  });
  assert.ok(Math.abs(end.time - 0.06) < 0.002, String(end.time));
  assert.deepEqual([end.paused, end.speed, end.bar], [true, 4, 0]);
  await done();
  const still = await visit('a.html', { html: around(`<framewire-player ${attributes} autoplay></framewire-player>`), options: { reducedMotion: 'reduce' } });
  await ready(still.page);
  assert.equal(await still.page.locator('framewire-player').evaluate((p) => p.paused), true, 'nothing moves by itself where motion is not wanted');
  await still.done();
});

test('ten players: one module, loaded when scrolled to, running while seen, no cross-talk, memory comes back', async () => {
  const { page, done, complaints } = await visit('examples/ten.html');
  const modules = [];
  page.on('request', (request) => request.url().endsWith('.wasm') && modules.push(request.url()));
  await ready(page);
  const loaded = () => page.evaluate(() => [...document.querySelectorAll('framewire-player')].map((p) => Boolean(p.core)));
  const first = await loaded();
  assert.ok(first.filter(Boolean).length < 5 && !first[9], first.join());

  // Scrolling to each wakes it; only those on the screen run.
  for (let i = 0; i < 10; i++) {
    const player = page.locator('framewire-player').nth(i);
    await player.scrollIntoViewIfNeeded();
    await page.waitForFunction((n) => document.querySelectorAll('framewire-player')[n].core, i);
    await player.evaluate((p) => {
      p.setAttribute('loop', '');
      p.playbackRate = 0.25;
      void p.play();
    });
  }
  assert.deepEqual(await loaded(), Array(10).fill(true));
  assert.ok(modules.length <= 1, modules.join());
  await page.evaluate(() => scrollTo(0, 0));
  await page.waitForTimeout(200);
  const places = () => page.evaluate(() => [...document.querySelectorAll('framewire-player')].map((p) => [p.playhead, p.embed.seen]));
  const before = await places();
  await page.waitForTimeout(300);
  const after_ = await places();
  before.forEach(([place, seen], i) => assert.equal(place !== after_[i][0], seen, `player ${i}: seen ${seen}, ${place} → ${after_[i][0]}`));
  assert.ok(before.filter(([, seen]) => seen).length < 4);

  // What one is told, the others do not hear.
  const titles = () => page.evaluate(() => [...document.querySelectorAll('framewire-player')].map((p) => `${p.info.title} ${p.lang} ${p.selected} ${p.speed}`));
  const others = (await titles()).slice(1);
  await page.locator('framewire-player').first().evaluate((p) => {
    p.pause();
    p.select(0x10000000);
    p.setSpeed(8);
    p.lang = 'zh';
    p.currentTime = 0;
    p.focus();
  });
  assert.deepEqual((await titles()).slice(1), others);

  // Removed and made anew many times, the module's memory does not grow.
  const memory = () => page.evaluate(async () => (await (await import('/player/core.js')).loadCore()).memory.buffer.byteLength);
  const round = () =>
    page.evaluate(async () => {
      const all = [...document.querySelectorAll('framewire-player')];
      const names = all.map((p) => p.getAttribute('scenario'));
      const cores = all.map((p) => p.core);
      all.forEach((p) => p.remove());
      const freed = all.every((p) => p.core === undefined) && cores.every((c) => c.__wbg_ptr === 0);
      const place = document.querySelector('main');
      const made = names.map((scenario) => Object.assign(document.createElement('framewire-player'), { scenario_: scenario }));
      made.forEach((p) => p.setAttribute('scenario', p.scenario_));
      place.append(...made);
      for (const p of made) {
        p.scrollIntoView();
        if (!p.core) await new Promise((resolve) => p.addEventListener('loadeddata', resolve, { once: true }));
      }
      return freed;
    });
  // Which players stand in memory together differs, and with it the most that is needed at a time: it is reached after some
  // rounds, and then stays. What was lost at each removal would be needed anew all the time.
  const sizes = [await memory()];
  const stays = () => sizes.length > 6 && new Set(sizes.slice(-7)).size === 1;
  while (!stays() && sizes.length < 40) {
    assert.ok(await round(), 'removal frees');
    sizes.push(await memory());
  }
  assert.ok(stays(), sizes.join(' '));
  assert.deepEqual(complaints, []);
  await done();
});

test('under a strict Content-Security-Policy, sent as a header, it draws and is styled', async () => {
  const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'";
  const html = await readFile(new URL('../../www/examples/csp.html', import.meta.url), 'utf8');
  const { page, done } = await visit('examples/csp.html', { html, headers: { 'content-security-policy': policy } });
  await ready(page);
  const look = await page.locator('framewire-player').evaluate((p) => {
    const style = getComputedStyle(p.shadowRoot.querySelector('.player'));
    return { display: style.display, paper: style.backgroundColor, height: p.offsetHeight, marks: p.ladder.picture.list.kind.length };
  });
  assert.deepEqual([look.display, look.paper, look.height], ['flex', 'rgb(28, 31, 34)', 440]);
  assert.ok(look.marks > 20);
  await page.locator('framewire-player').getByRole('button', { name: 'Play' }).click();
  await done();
});

test("the page's styles do not reach in, the player's do not leak out, custom properties do", async () => {
  const head = '<style>button, h1, p, canvas { display: none !important; color: red } div { border: 9px solid red } framewire-player { --fw-paper: #ffeedd; --fw-accent: #008800; }</style>';
  const { page, done } = await visit('a.html', { html: around('<button id="mine">x</button><div class="controls" id="bar"></div><framewire-player scenario="hello-tcp"></framewire-player>', head) });
  await ready(page);
  const got = await page.evaluate(() => {
    const p = document.querySelector('framewire-player');
    const inside = (s) => getComputedStyle(p.shadowRoot.querySelector(s));
    return {
      button: inside('.play').display,
      canvas: inside('.scroller canvas').display,
      border: inside('.stage').borderTopWidth,
      paper: inside('.player').backgroundColor,
      theme: [p.theme.paper, p.theme.accent],
      outside: [getComputedStyle(document.querySelector('#mine')).display, getComputedStyle(document.querySelector('#bar')).display],
    };
  });
  assert.deepEqual(got, {
    button: 'grid',
    canvas: 'block',
    border: '0px',
    paper: 'rgb(255, 238, 221)',
    theme: ['#ffeedd', '#008800'],
    outside: ['none', 'block'],
  });
  await done();
});

const EVIL = '</script><img src=x onerror="window.pwned=1"><script>window.pwned=1</script><svg onload="window.pwned=1">';

test('hostile scenario texts are text, nothing else', async () => {
  const scenario = JSON.stringify({
    framewire: 1,
    name: EVIL,
    title: { en: EVIL, zh: EVIL },
    look: { en: EVIL, zh: EVIL },
    question: { en: EVIL, zh: EVIL },
    hosts: [
      { name: 'client', programs: [{ name: EVIL, steps: [{ do: 'socket' }, { do: 'text', py: `# ${EVIL}` }, { do: 'connect', to: 'server:80' }, { do: 'send', data: EVIL }, { do: 'close' }] }] },
      { name: 'server', programs: [{ steps: [{ do: 'socket' }, { do: 'bind', port: 80 }, { do: 'listen' }, { do: 'accept' }, { do: 'recv', n: 1024 }, { do: 'close' }] }] },
    ],
  });
  const { page, done } = await visit('a.html', { html: around('<framewire-player lang="en" controls="full" height="700"></framewire-player>') });
  await ready(page);
  const shown = await page.evaluate(async (text) => {
    const p = document.querySelector('framewire-player');
    const opened = new Promise((resolve) => p.addEventListener('loadeddata', () => resolve('opened'), { once: true }));
    const failed = new Promise((resolve) => p.addEventListener('error', (e) => resolve(e.detail), { once: true }));
    await p.load(text);
    const how = await Promise.race([opened, failed]);
    p.transcript.element.classList.remove('hidden-visually');
    p.transcript.follow();
    for (let id = 1; id < 12; id++) p.select(0x10000000 + id), p.select(0x20000000 + id);
    const svg = p.core.svg('ladder', 700, true, false, 'en', p.info.title);
    const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');
    return {
      how,
      title: p.shadowRoot.querySelector('h1').textContent,
      elements: p.shadowRoot.querySelectorAll('img, script, svg:not(.icon)').length,
      svg: [parsed.querySelectorAll('parsererror, script, image').length, parsed.querySelectorAll('[onload], [onerror]').length],
      pwned: window.pwned,
    };
  }, scenario);
  assert.deepEqual(shown, { how: shown.how, title: EVIL, elements: 0, svg: [0, 0], pwned: undefined });
  assert.equal(shown.how, 'opened');
  await done();
});

test('what is wrong with a scenario is told with its place', async () => {
  const broken = '{\n  "framewire": 1,\n  "hosts": [{ "name": "client", "programs": [{ "steps": [{ "do": "fly" }] }] }]\n}';
  const { page, done } = await visit('a.html', { html: around(`<framewire-player lang="en"><img src="/icon.svg" alt="fallback"><script type="application/json">${broken}</script></framewire-player>`) });
  await page.locator('framewire-player[data-state="failed"]').waitFor({ state: 'attached' });
  const notice = await page.locator('framewire-player').evaluate((p) => p.shadowRoot.querySelector('.notice').textContent);
  assert.match(notice, /3/);
  assert.match(notice, /fly/);
  assert.ok(await page.locator('img').isVisible(), 'the fallback stays');
  await done();
});

test('embed.html takes nothing from another origin', async () => {
  const { page, context } = await visit('embed.html?src=https://example.com/x.json&lang=en');
  await page.locator('framewire-player[data-state="failed"]').waitFor({ state: 'attached' });
  assert.ok(await page.locator('framewire-player').evaluate((p) => p.shadowRoot.querySelector('.notice').textContent.length > 10));
  await context.close();
});
