// Live traffic: a Python client talks to a server of `framewire web` while the page watches.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';

const binary = process.env.FRAMEWIRE_BIN;

/** Prints each answer; a line of its input is a message. */
const CLIENT = `
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
for line in sys.stdin:
    s.send(line.rstrip('\\n').encode())
    print(s.recv(1024).decode(), flush=True)
`;

/** So many messages a second for so long, paced; prints how many came back. */
const FLOOD = `
import socket, sys, time
port, rate, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
s = socket.create_connection(('127.0.0.1', port))
begin, n = time.monotonic(), 0
while n < rate * seconds:
    s.send(b'message %06d' % n)
    assert s.recv(1024) == b'MESSAGE %06d' % n
    n += 1
    ahead = begin + n / rate - time.monotonic()
    if ahead > 0: time.sleep(ahead)
print(n, flush=True)
`;

let web;
let said;
let pages;

/** The first line that a process prints. */
const firstLine = (child) =>
  new Promise((resolve, reject) => {
    let all = '';
    child.stdout.on('data', (data) => {
      all += data;
      if (all.includes('\n')) resolve(all.slice(0, all.indexOf('\n')));
    });
    child.on('exit', () => reject(new Error(`it ended: ${all}`)));
  });

before(async () => {
  assert.ok(binary, 'FRAMEWIRE_BIN names the binary');
  const free = ['--addr', '127.0.0.1:0', '--with-servers', '--echo-addr', '127.0.0.1:0', '--framed-addr', '127.0.0.1:0'];
  const www = process.env.FRAMEWIRE_WWW ? ['--www', process.env.FRAMEWIRE_WWW] : [];
  web = spawn(binary, ['-q', 'web', '--json', ...free, ...www], { stdio: ['ignore', 'pipe', 'inherit'] });
  said = JSON.parse(await firstLine(web));
  process.env.FRAMEWIRE_URL = said.url;
  pages = await import('./page.mjs');
});

after(async () => {
  await pages?.close();
  web?.kill('SIGINT');
});

const port = () => Number(said.servers.tcp.split(':')[1]);

/** Opens the page and watches the TCP echo. */
async function watch(fragment = 'scenario=hello-tcp&lang=en', options = {}) {
  const opened = await pages.open(fragment, options);
  const { page, player } = opened;
  await player.locator('button.live').click();
  await player.locator('.feeds button[data-number]').first().click();
  await player.locator('.live-bar.running').waitFor();
  await until(page, () => document.querySelector('framewire-player').live.core !== undefined);
  return opened;
}

/** Asks the page until it answers. (The page's security policy forbids Playwright's own way.) */
async function until(page, probe, given, limit = 15_000) {
  const begin = Date.now();
  for (;;) {
    const found = await page.evaluate(probe, given);
    if (found) return found;
    assert.ok(Date.now() - begin < limit, `${given ?? probe} never comes`);
    await new Promise((go) => setTimeout(go, 5));
  }
}

const told = (text) => document.querySelector('framewire-player').shadowRoot.querySelector('.transcript tbody').textContent.includes(text);

/**
 * Waits until the page shows a text in the transcript, its last byte in the ledger (of a stream so long), and calls in the ladder;
 * gives the moment, in milliseconds since 1970.
 */
const shown = (page, text, length = text.length) =>
  until(
    page,
    ([wanted, octets]) => {
      const player = document.querySelector('framewire-player');
      const inText = player.shadowRoot.querySelector('.transcript tbody').textContent.includes(wanted);
      const streams = [...player.core.streams()];
      const bytes = streams.some((value, i) => i % 2 === 1 && value >= octets);
      const ladder = player.ladder.picture.list?.texts.some((label) => label.includes('send') || label.includes('recv'));
      return inText && bytes && ladder ? Date.now() : 0;
    },
    [text, length],
  );

/**
 * How many times longer than its own processor time a task takes here, while others want the processor too: asked in short spins
 * until something is over.
 * @param {() => boolean} over
 */
async function crowding(over) {
  let [wall, cpu] = [0, 0];
  while (!over()) {
    const [begin, used] = [process.hrtime.bigint(), process.cpuUsage()];
    for (let until = Date.now() + 4; Date.now() < until; );
    wall += Number(process.hrtime.bigint() - begin) / 1e3;
    const { user, system } = process.cpuUsage(used);
    cpu += user + system;
    await new Promise((go) => setTimeout(go, 96));
  }
  return Math.max(1, wall / cpu);
}

test('each message of a Python client is in ladder, ledger and transcript within 200 ms', async () => {
  const { page, done } = await watch();
  const client = spawn('python3', ['-c', CLIENT, String(port())], { stdio: ['pipe', 'pipe', 'inherit'] });
  const times = [];
  // The first is not counted: Python has to start.
  client.stdin.write('ready\n');
  let length = 'READY'.length;
  await shown(page, 'READY');
  let over = false;
  const crowded = crowding(() => over);
  for (let n = 0; n < 12; n++) {
    const begin = Date.now();
    client.stdin.write(`hi ${n}!\n`);
    length += `HI ${n}!`.length;
    times.push((await shown(page, `HI ${n}!`, length)) - begin);
  }
  client.stdin.end();
  over = true;
  const factor = await crowded;
  times.sort((a, b) => a - b);
  console.log(`shown after ${times[0]} to ${times.at(-1)} ms, median ${times[times.length >> 1]} (a task takes ${factor.toFixed(1)} times its time)`);
  assert.ok(times[times.length >> 1] < 200 * factor, String(times));
  await done();
});

test('the picture follows the end until somebody takes hold of it', async () => {
  const { page, player, done } = await watch();
  const client = spawn('python3', ['-c', CLIENT, String(port())], { stdio: ['pipe', 'pipe', 'inherit'] });
  client.stdin.write('one\n');
  await shown(page, 'ONE');
  await player.locator('.live-bar .hold').click();
  client.stdin.write('two\n');
  await until(page, () => /\(\d+ new\)/.test(document.querySelector('framewire-player').live.count.textContent));
  assert.equal(await player.evaluate((p) => p.shadowRoot.querySelector('.transcript tbody').textContent.includes('TWO')), false);
  await player.locator('.live-bar .hold').click();
  await shown(page, 'TWO');
  // Another conversation ends the watching.
  await pages.show(player, 'lost-syn');
  assert.ok(await player.locator('.live-bar').isHidden());
  client.stdin.end();
  await done();
});

test('a thousand messages a second keep the page moving and lose nothing', async () => {
  const { page, player, done } = await watch();
  const seconds = Number(process.env.FRAMEWIRE_LIVE_SECONDS ?? 10);
  const end = Date.now() + seconds * 1000;
  const flood = spawn('python3', ['-c', FLOOD, String(port()), '1000', String(seconds)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const frames = page.evaluate(async (ms) => {
    const begin = performance.now();
    let count = 0;
    while (performance.now() - begin < ms) {
      await new Promise((go) => requestAnimationFrame(go));
      count++;
    }
    return count / (ms / 1000);
  }, seconds * 1000);
  const crowded = crowding(() => Date.now() > end);
  const sent = Number(await firstLine(flood));
  const [rate, factor] = [await frames, await crowded];
  const last = `MESSAGE ${String(sent - 1).padStart(6, '0')}`;
  await until(page, told, last, 30_000);
  const { events, keep } = await player.evaluate((p) => ({ events: p.live.source.events(), keep: p.live.keep }));
  console.log(`${rate.toFixed(1)} frames a second (a task takes ${factor.toFixed(1)} times its time), ${events} events, ${keep} kept`);
  // Each message is at least a recv(), its return, and a send() with its return.
  assert.ok(events >= sent * 4, `${events} events of ${sent} messages`);
  assert.ok(rate >= 30 / factor, `${rate} frames a second, where a task takes ${factor} times its time`);
  // All of them are in the recording, each once and whole.
  const file = new Uint8Array(await (await fetch(`${said.url}api/live/0/file`)).arrayBuffer());
  const text = Buffer.from(file).toString('latin1');
  const kept = new Set([...text.matchAll(/MESSAGE (\d{6})/g)].map(([, number]) => number));
  assert.equal(kept.size, sent);
  await done();
});

test('the list, the bar and a narrow page in both languages', async () => {
  for (const lang of ['en', 'zh']) {
    const { page, player, done } = await watch(`scenario=hello-tcp&lang=${lang}`, { viewport: { width: 390, height: 800 } });
    const client = spawn('python3', ['-c', CLIENT, String(port())], { stdio: ['pipe', 'pipe', 'inherit'] });
    client.stdin.write(`narrow ${lang}\n`);
    await until(page, told, `NARROW ${lang.toUpperCase()}`);
    const bar = await player.locator('.live-bar').innerText();
    assert.match(bar, lang === 'zh' ? /进行中[\s\S]*停住画面/ : /running[\s\S]*Hold/);
    for (const listed of [false, true]) {
      if (listed) await player.locator('button.live').click();
      assert.deepEqual(await pages.axeFindings(page), []);
      if (listed) await page.keyboard.press('Escape');
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `${wide} px wide`);
    client.stdin.end();
    await done();
  }
});
