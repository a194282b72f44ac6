// Programs started from the page: a server and a relay, a Python client that talks through, and the relay's knobs turned meanwhile.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import net from 'node:net';
import { after, before, test } from 'node:test';

const binary = process.env.FRAMEWIRE_BIN;

/** Connects, sends each line of its input, and prints what each recv() gave, as Python shows bytes. */
const CLIENT = `
import socket, sys, threading
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
def hear():
    try:
        while data := s.recv(1024):
            print(data, flush=True)
    except ConnectionResetError:
        print('reset', flush=True)
threading.Thread(target=hear, daemon=True).start()
for line in sys.stdin:
    s.send(line.rstrip('\\n').encode())
`;

let web;
let said;
let pages;

before(async () => {
  assert.ok(binary, 'FRAMEWIRE_BIN names the binary');
  const www = process.env.FRAMEWIRE_WWW ? ['--www', process.env.FRAMEWIRE_WWW] : [];
  web = spawn(binary, ['-q', 'web', '--json', '--addr', '127.0.0.1:0', ...www], { stdio: ['ignore', 'pipe', 'inherit'] });
  let all = '';
  for await (const data of web.stdout) {
    all += data;
    if (all.includes('\n')) break;
  }
  said = JSON.parse(all);
  process.env.FRAMEWIRE_URL = said.url;
  pages = await import('./page.mjs');
});

const children = [];

after(async () => {
  for (const child of children) child.kill();
  await pages?.close();
  web?.kill('SIGINT');
});

const feeds = async () => (await fetch(`${said.url}api/live`)).json();

/** Opens the page by the address that was printed, and its live dialog. */
async function unlocked(lang = 'en', options = {}) {
  const opened = await pages.open(`${said.key}&scenario=hello-tcp&lang=${lang}`, options);
  await opened.player.locator('button.live').click();
  await opened.player.locator('form.start .go').waitFor();
  return opened;
}

/** Starts what the form describes, and waits until it is watched. */
async function go(player) {
  await player.locator('form.start .go').click();
  await player.locator('.live-bar.running').waitFor();
  await player.locator('dialog.feeds').waitFor({ state: 'hidden' });
}

/** A Python client; `says(text)` sends, `hears(n)` waits for what n calls of recv() gave. */
function python(port) {
  const child = spawn('python3', ['-u', '-c', CLIENT, String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  let heard = '';
  child.stdout.on('data', (data) => (heard += data));
  return {
    child,
    says: (text) => child.stdin.write(`${text}\n`),
    async hears(lines) {
      for (let n = 0; n < 2000 && heard.split('\n').length <= lines; n++) await new Promise((wait) => setTimeout(wait, 5));
      const now = heard.trim().split('\n');
      heard = '';
      return now;
    },
  };
}

/** What the page's ledger and transcript tell of a text. */
const told = (player, text) => player.evaluate((p, wanted) => p.shadowRoot.querySelector('.transcript tbody').textContent.includes(wanted), text);

async function until(probe, limit = 15_000) {
  const begin = Date.now();
  while (!(await probe())) {
    assert.ok(Date.now() - begin < limit, `${probe} never comes`);
    await new Promise((wait) => setTimeout(wait, 20));
  }
}

test('a server and a relay are started from the page, and the slice knob is turned while a Python client talks', async () => {
  const { page, player, done } = await unlocked();
  // The secret does not stay in the address, which people pass on.
  assert.ok(!page.url().includes('key='), page.url());
  await go(player);
  const [server] = await feeds();
  assert.equal(server.started, 'server');

  await player.locator('button.live').click();
  await player.locator('form.start input[value=relay]').check();
  // The server that runs is the one that is meant.
  assert.equal(await player.locator('form.start [name=to]').inputValue(), server.address);
  await player.locator('form.start details summary').click();
  const knob = (scope, name) => player.locator(`${scope} .knob`, { hasText: new RegExp(`^${name}`) });
  const set = async (scope, name, value) => {
    const number = knob(scope, name).locator('input[type=number]');
    await number.fill(value);
    await number.blur();
  };
  await set('form.start', 'Slice', '1');
  await set('form.start', 'Pause between', '40');
  await go(player);
  const relay = (await feeds()).find((feed) => feed.started === 'relay');
  await knob('.turning', 'Slice').waitFor();
  assert.equal(await knob('.turning', 'Slice').locator('input[type=number]').inputValue(), '1');

  const client = python(relay.address.split(':')[1]);
  client.says('abcd');
  // Sliced on the way there, the server's answers come byte by byte; so they do on the way back.
  assert.deepEqual(await client.hears(4), ["b'A'", "b'B'", "b'C'", "b'D'"]);
  await until(() => told(player, "send(b'a')"));
  await until(() => told(player, "send(b'D')"));

  await set('.turning', 'Slice', '3');
  await until(async () => (await (await fetch(`${said.url}api/live/${relay.number}/knobs`)).json()).find((k) => k.path === 'slice').value === 3);
  client.says('efghij');
  assert.deepEqual(await client.hears(2), ["b'EFG'", "b'HIJ'"]);
  await until(() => told(player, "send(b'efg')"));

  await player.locator('.turning').getByRole('button', { name: 'Reset connections' }).click();
  assert.deepEqual(await client.hears(1), ['reset']);

  // Stopped in the list, it is over; once more, and it is gone.
  await player.locator('button.live').click();
  for (const feed of [relay, server]) {
    await player.getByRole('button', { name: `Stop ${feed.name}` }).click();
    const remove = player.getByRole('button', { name: `Remove ${feed.name} from the list` });
    await remove.waitFor();
    await remove.click();
    await remove.waitFor({ state: 'detached' });
  }
  assert.deepEqual(await feeds(), []);
  client.child.kill();
  await done();
});

test('a client says what it heard, and where something is wrong the field and the way out are named', async () => {
  for (const [lang, inUse, why] of [['en', /in use[\s\S]*free/, /HOST:PORT/], ['zh', /占用[\s\S]*空闲/, /主机:端口/]]) {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await new Promise((ready) => taken.on('listening', ready));
    const { page, player, complaints } = await unlocked(lang);
    const flaw = player.locator('form.start .flaw');
    await player.locator('form.start [name=port]').fill(String(taken.address().port));
    await player.locator('form.start .go').click();
    await until(async () => inUse.test(await flaw.innerText()));
    assert.equal(await page.evaluate(() => document.querySelector('framewire-player').shadowRoot.activeElement.name), 'port');
    assert.deepEqual(await pages.axeFindings(page), []);
    await player.locator('form.start [name=port]').fill('0');
    assert.equal(await flaw.innerText(), '');
    await player.locator('form.start [name=framing]').fill('nosuch');
    await player.locator('form.start .go').click();
    await until(async () => (await flaw.innerText()).includes('nosuch'));
    await player.locator('form.start [name=framing]').fill('none');
    await go(player);
    const server = (await feeds()).at(-1);

    await player.locator('button.live').click();
    await player.locator('form.start input[value=client]').check();
    await player.locator('form.start [name=to]').fill('nonsense');
    await player.locator('form.start .go').click();
    await until(async () => why.test(await flaw.innerText()));
    await player.locator('form.start [name=to]').fill(server.address);
    await player.locator('form.start [name=messages]').fill('from page');
    await player.locator('form.start .go').click();
    // Who watches the server sees the message arrive there.
    await until(() => told(player, 'FROM PAGE'));
    await until(async () => (await feeds()).at(-1).said?.includes('FROM PAGE'));
    // Only what was refused on purpose was complained about.
    assert.ok(complaints.every((text) => /status of 4\d\d/.test(text)), complaints.join());
    await page.context().close();
    taken.close();
  }
});

test('without the secret the page watches, and says how to get it', async () => {
  const { page, player, complaints } = await pages.open('scenario=hello-tcp&lang=en');
  await player.locator('button.live').click();
  await player.locator('form.locked').waitFor();
  assert.match(await player.locator('form.locked').innerText(), /address that `framewire web` printed/);
  assert.ok(await player.locator('form.start').isHidden());
  await player.locator('form.locked input').fill('0123');
  await player.locator('form.locked button').click();
  await until(async () => /missing or wrong/.test(await player.locator('form.locked .flaw').innerText()));
  assert.deepEqual(await pages.axeFindings(page), []);
  await player.locator('form.locked input').fill(`${said.url}#${said.key}`);
  await player.locator('form.locked button').click();
  await player.locator('form.start .go').waitFor();
  // Commands were not permitted when this server was started.
  await player.locator('form.start input[value=command]').check();
  assert.match(await player.locator('form.start').innerText(), /--allow-commands/);
  assert.equal(await player.locator('form.start .go').count(), 0);
  assert.ok(complaints.every((text) => /status of 403/.test(text)), complaints.join());
  await page.context().close();
});

test('by keys, on a phone, in both languages, without a finding of axe', async () => {
  for (const lang of ['en', 'zh']) {
    const { page, player, done } = await unlocked(lang, { viewport: { width: 390, height: 800 }, colorScheme: lang === 'zh' ? 'dark' : 'light' });
    for (const kind of ['server', 'client', 'relay', 'command']) {
      await player.locator(`form.start input[value=${kind}]`).focus();
      await page.keyboard.press('Space');
      if (kind === 'client' || kind === 'relay') {
        await player.locator('form.start summary').focus();
        await page.keyboard.press('Enter');
      }
      assert.deepEqual(await pages.axeFindings(page), [], kind);
      const wide = await player.locator('dialog.feeds').evaluate((d) => d.scrollWidth - d.clientWidth);
      assert.ok(wide <= 0, `${kind} ${wide}`);
    }
    await player.locator('form.start input[value=relay]').focus();
    await page.keyboard.press('Space');
    await player.locator('form.start [name=to]').fill('127.0.0.1:9');
    await page.keyboard.press('Enter');
    await player.locator('.live-bar.running').waitFor();
    const turning = player.locator('.turning');
    await turning.locator('summary').waitFor();
    assert.equal(await turning.evaluate((d) => d.open), false, 'folded where there is little room');
    await turning.locator('summary').click();
    assert.deepEqual(await pages.axeFindings(page), []);
    assert.match(await turning.innerText(), lang === 'zh' ? /切片/ : /Slice/);
    // The language is switched under way.
    await player.getByRole('button', { name: lang === 'zh' ? 'English' : '中文' }).click();
    await until(async () => (lang === 'zh' ? /Slice/ : /切片/).test(await turning.innerText()));
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390);
    await done();
  }
});

test('a scenario is run for real, and stands beside its model', async () => {
  for (const [lang, width, verdict] of [['en', 1280, /= content and failures: as modelled/], ['zh', 390, /= 内容和失败的调用：与模型一致/]]) {
    const { page, player, done } = await pages.open(`${said.key}&scenario=sticky-packets&lang=${lang}`, { viewport: { width, height: 800 } });
    await player.locator('button.live').click();
    await player.locator('.real button').click();
    const side = player.locator('dialog.side');
    await side.locator('.rows tr').first().waitFor();
    assert.match(await side.locator('.sum').innerText(), verdict);
    assert.match(await side.locator('.told').innerText(), lang === 'zh' ? /发送 10 字节/ : /sent 10 bytes/);
    // Both ladders are drawn, of the same two programs.
    const texts = await player.evaluate((p) => ['model', 'real'].map((half) => p.live.starter.side[half].picture.list.texts.join('|')));
    for (const ladder of texts) for (const part of ['client', 'server', 'send']) assert.ok(ladder.includes(part), `${part}: ${ladder}`);
    assert.deepEqual(await pages.axeFindings(page), []);
    assert.ok((await side.evaluate((d) => d.scrollWidth - d.clientWidth)) <= 0);
    await side.getByRole('button', { name: lang === 'zh' ? /单独打开：本机实测/ : /Open alone: This machine/ }).click();
    await side.waitFor({ state: 'hidden' });
    await until(async () => (await player.locator('.badges').innerText()).includes(lang === 'zh' ? '实测' : 'observed'));
    await done();
  }
  // One that a terminal asks for is listed.
  const opened = await pages.open(`scenario=hello-tcp&lang=en`);
  const terminal = spawn(binary, ['run', 'three-way-handshake', `--web=${new URL(said.url).host}`], { stdio: 'ignore' });
  assert.equal(await new Promise((end) => terminal.on('exit', end)), 0);
  await opened.player.locator('button.live').click();
  await opened.player.locator('button[data-run]').first().click();
  await opened.player.locator('dialog.side .rows tr').first().waitFor();
  assert.match(await opened.player.locator('dialog.side h2').innerText(), /handshake/i);
  await opened.done();
  // What cannot be performed is refused in words.
  const { page, player, complaints } = await pages.open(`${said.key}&scenario=simultaneous-open&lang=zh`);
  await player.locator('button.live').click();
  await player.locator('.real button').click();
  await until(async () => (await player.locator('.real .flaw').innerText()).includes('交错'));
  assert.ok(complaints.every((text) => /status of 400/.test(text)), complaints.join());
  await page.context().close();
});
