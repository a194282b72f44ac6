// The twelve questions that come again and again, each answered from the empty page by what a person sees: visible names, roles,
// texts and keys, nothing of the machinery behind. Every deed of the reader's is counted.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, drawn, open } from './page.mjs';

after(close);

/** So many deeds answer a question; it may only go down. */
const MOST_STEPS = 10;

/** A reader in front of the empty page. */
async function reader() {
  const { page, player, done } = await open('lang=en', { viewport: { width: 1280, height: 900 } });
  let steps = 0;
  const step = () => void steps++;
  const panel = player.locator('aside.lab');
  const quiet = () => player.evaluate(async (element) => {
    do await new Promise((go) => setTimeout(go, 60)); while (element.lab.waiting || element.lab.trial || element.settling);
  });
  const hand = {
    player,
    panel,
    /** Opens a scenario as its title is found by searching. @param {string} words @param {string} title */
    async find(words, title) {
      step();
      await player.getByRole('button', { name: /^Scenario/ }).click();
      step();
      await player.getByRole('searchbox', { name: 'Find a scenario' }).fill(words);
      step();
      await player.locator('dialog.scenarios').getByRole('button', { name: new RegExp(`^${title}`) }).click();
      await player.getByRole('heading', { level: 1, name: new RegExp(`^${title}$`) }).waitFor();
      await quiet();
    },
    /** Shows a view. @param {string} name */
    async view(name) {
      step();
      await player.getByRole('button', { name: /^Views/ }).click();
      step();
      await player.getByRole('checkbox', { name, exact: true }).check();
      await page.keyboard.press('Escape');
    },
    /** Opens the laboratory. */
    async change() {
      step();
      await player.getByRole('button', { name: /^Laboratory/ }).click();
      await panel.waitFor();
    },
    /** @param {string | RegExp} name @param {string} value */
    async turn(name, value) {
      step();
      await panel.getByRole('spinbutton', { name }).fill(value);
      await quiet();
    },
    /** @param {string} key */
    async press(key) {
      step();
      await page.keyboard.press(key);
      await quiet();
    },
    /** The sentences that are to be read. */
    told: () => player.locator('.transcript tbody tr').evaluateAll((rows) => rows.map((row) => `${row.cells[1].textContent}: ${row.cells[2].textContent}`)),
    /** What stands in a picture. @param {'ladder' | 'ledger'} view */
    seen: async (view) => (await drawn(player, view)).texts,
    /** What is written in a lane of the ledger's nth stream: bytes without, other words with spaces between. @param {string} name */
    lane: async (name, nth = 0) => {
      const texts = (await drawn(player, 'ledger')).texts;
      const lanes = ['send calls', 'send buffer', 'segments', 'datagrams', 'receive buffer', 'recv calls', 'frames'];
      const starts = [...texts.keys()].filter((i) => texts[i] === name);
      let out = '';
      for (let i = starts[nth] + 1; i < texts.length && !lanes.includes(texts[i]) && !/ → /.test(texts[i]); i++) {
        const short = texts[i].length <= 2;
        out += (out && (!short || /[^\S]$/.test(out)) ? ' ' : '') + texts[i] + (short ? '' : ' ');
      }
      return out.replaceAll(/ +/g, ' ').trim();
    },
    /** Breaks a rule for a host. @param {string} rule @param {string} host */
    async rule(rule, host) {
      step();
      await panel.getByRole('group', { name: rule }).getByRole('checkbox', { name: host, exact: true }).check();
      await quiet();
    },
    async end(/** @type {string} */ name) {
      console.log(`${name}: ${steps} steps`);
      assert.ok(steps <= MOST_STEPS, `${name}: ${steps}`);
      await done();
    },
  };
  return hand;
}

test('1. "One send is one recv; sticking is a TCP bug."', async () => {
  const r = await reader();
  await r.find('sticky', 'Sticky packets');
  assert.equal(await r.lane('recv calls'), 'helloworld', 'two sends, one recv');
  const [sends, segments] = [await r.lane('send calls'), await r.lane('segments')];
  await r.change();
  await r.turn('server: sleep', '0');
  assert.equal(await r.lane('recv calls'), 'hello never read', 'the reader comes earlier, and recv() returns something else');
  assert.deepEqual([await r.lane('send calls'), await r.lane('segments')], [sends, segments], 'only that lane changes');
  await r.end('one send is one recv');
});

test('2. "TCP_NODELAY cures it."', async () => {
  const r = await reader();
  await r.find('nodelay', 'Sticky in spite of TCP_NODELAY');
  const data = (await r.seen('ladder')).filter((text) => /seq \d+ {2}len \d/.test(text));
  assert.equal(data.length, 3, 'three sends, three segments');
  assert.equal(await r.lane('recv calls'), 'onetwothree', 'and still one recv');
  await r.end('TCP_NODELAY');
});

test('3. "It works on localhost."', async () => {
  const r = await reader();
  await r.find('localhost', 'It works on localhost');
  assert.equal(await r.lane('recv calls', 0), '10000 B');
  assert.equal(await r.lane('recv calls', 1), '1448 B never read');
  assert.ok((await r.seen('ladder')).some((text) => text === 'seq 1  len 10000'), 'one segment on the loopback');
  await r.end('it works on localhost');
});

test('4. "recv gives me the four length bytes together."', async () => {
  const r = await reader();
  await r.find('recv(4)', 'recv\\(4\\) gives two bytes');
  assert.equal(await r.lane('recv calls', 0), '0c00 never read', 'the first client takes two bytes for four');
  assert.match(await r.lane('frames', 1), /0c000000 length .* header .* payload/, 'the second waits for all four');
  await r.view('Transcript');
  assert.ok((await r.told()).some((line) => /recv\(\) returns 2 B/.test(line)));
  await r.press('f');
  const dialog = r.player.getByRole('dialog', { name: 'Framing debugger' });
  await dialog.getByRole('textbox').first().fill('0c 00');
  await dialog.getByRole('combobox', { name: 'Framing' }).fill('length:u32le');
  await dialog.getByText(/length 2\/4/).first().waitFor();
  await r.end('four length bytes together');
});

test('5. Decoding text chunk by chunk.', async () => {
  const r = await reader();
  await r.find('character', 'A character cut in two');
  assert.equal(await r.lane('send calls'), '粘包与拆包');
  assert.match(await r.lane('recv calls'), /^粘e58c85e4b88e拆包/, 'what is cut is no character any more');
  await r.player.getByRole('group', { name: 'Bytes' }).focus();
  for (let i = 0; i < 4; i++) await r.press('ArrowRight');
  assert.match(await r.player.locator('.octet').innerText(), /包/, 'whose byte it is');
  await r.view('Transcript');
  assert.ok((await r.told()).some((line) => /server calls decode\(\), which fails with UnicodeDecodeError/.test(line)));
  await r.end('decoding chunk by chunk');
});

test('6. "send() returned, so the peer has it."', async () => {
  const r = await reader();
  await r.find('send()', 'What send\\(\\) knows');
  await r.view('Transcript');
  const told = await r.told();
  const ticks = [/calls send\(b'hello'\), which returns 5/, /client sends PSH ACK.* 5 B/, /client: ACK arrives at client/, /server calls recv\(1024\), which returns b'hello'/];
  const at = ticks.map((tick, i) => told.findIndex((line, n) => tick.test(line) && (i < 2 || n > told.findIndex((sent) => ticks[1].test(sent)))));
  assert.ok(at.every((n) => n >= 0), String(at));
  assert.deepEqual([...at].sort((a, b) => a - b), at, 'send() returns first of the four');
  await r.end('send() returned');
});

test('7. "Why three handshakes?"', async () => {
  const r = await reader();
  await r.find('old SYN', 'An old SYN comes back');
  assert.ok((await r.seen('ladder')).some((text) => /^RST/.test(text)), 'the third is refused');
  await r.view('Transcript');
  assert.equal((await r.told()).filter((line) => /server: accept\(\) returns/.test(line)).length, 1);
  await r.change();
  await r.rule('two-way handshake', 'server');
  assert.equal((await r.told()).filter((line) => /server: accept\(\) returns/.test(line)).length, 2, 'a ghost is accepted');
  await r.end('why three handshakes');
});

test('8. "Close is always four segments."', async () => {
  const r = await reader();
  await r.find('close', 'Four-way close');
  await r.view('Transcript');
  const closing = async () => {
    const told = (await r.told()).filter((line) => / sends /.test(line));
    return told.slice(told.findIndex((line) => /sends FIN/.test(line))).map((line) => line.match(/sends ([A-Z ]+) to/)?.[1]);
  };
  assert.deepEqual(await closing(), ['FIN ACK', 'ACK', 'FIN ACK', 'ACK']);
  await r.change();
  await r.turn('server: sleep', '0');
  assert.deepEqual(await closing(), ['FIN ACK', 'FIN ACK', 'ACK'], 'the ACK still waits, and the FIN carries it');
  assert.ok((await r.told()).some((line) => /server enters LAST-ACK/.test(line)));
  await r.end('close is always four');
});

test('9. TIME-WAIT: who, where, why.', async () => {
  const r = await reader();
  await r.find('last ACK', 'TIME-WAIT: the last ACK is lost');
  await r.view('Transcript');
  const told = await r.told();
  assert.ok(told.some((line) => /client enters TIME-WAIT/.test(line)) && !told.some((line) => /server enters TIME-WAIT/.test(line)), 'who closed first');
  assert.ok(told.some((line) => /server sends FIN ACK.*retransmission/.test(line)));
  assert.ok(!told.some((line) => /client sends RST/.test(line)));
  await r.change();
  await r.rule('no TIME-WAIT', 'client');
  assert.ok((await r.told()).some((line) => /client sends RST/.test(line)), 'nobody is there who could answer');
  await r.end('TIME-WAIT');
});

test('9. "Address already in use."', async () => {
  const r = await reader();
  await r.find('in use', 'Address already in use');
  await r.view('Transcript');
  const told = await r.told();
  assert.ok(told.some((line) => /bind\(0\.0\.0\.0:8000\), which fails with EADDRINUSE/.test(line)));
  assert.ok(told.some((line) => /setsockopt\(SO_REUSEADDR, 1\)/.test(line)));
  await r.end('address already in use');
});

test('10. CLOSE_WAIT is not TIME_WAIT.', async () => {
  const r = await reader();
  await r.find('close-wait', 'A server that forgets close\\(\\)');
  await r.view('Transcript');
  const told = await r.told();
  const many = (/** @type {RegExp} */ what) => told.filter((line) => what.test(line)).length;
  assert.equal(many(/server enters CLOSE-WAIT/), 3, 'a socket for each client');
  assert.equal(many(/server enters LAST-ACK/), 0, 'and none of them goes away');
  await r.end('CLOSE_WAIT');
});

test('11. close() against shutdown(); recv() returning 0; closing with unread data.', async () => {
  const r = await reader();
  await r.find('half', 'Half-close');
  assert.match(await r.lane('recv calls', 1), /ONE␣TWO/, 'the other direction still carries data');
  assert.ok((await r.seen('ladder')).includes("recv() = b''"), 'nothing is what the end looks like');
  await r.find('unread', 'close\\(\\) with unread data');
  assert.equal(await r.lane('recv calls'), 'hello never read');
  assert.ok((await r.seen('ladder')).some((text) => /^RST/.test(text)));
  await r.view('Transcript');
  assert.ok((await r.told()).some((line) => /client calls recv\(1024\), which fails with ECONNRESET/.test(line)));
  await r.end('close() and shutdown()');
});

test('12. UDP: the tail, the fragments, the order.', async () => {
  const r = await reader();
  await r.find('tail', 'The tail that burns');
  assert.match(await r.lane('recv calls'), /^1024 B 1 B thrown away/);
  await r.find('fragment', 'One fragment lost, all lost');
  assert.ok((await r.seen('ledger')).some((text) => /throws the whole datagram away/.test(text)));
  await r.find('order', 'Datagrams out of order');
  assert.match(await r.lane('recv calls'), /^twothreeone/);
  await r.end('UDP');
});
