// Real input through the same slice: a recording made by `framewire serve tcp --record` is opened in the page.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { close, drawn, open, sentences } from './page.mjs';

const binary = process.env.FRAMEWIRE_BIN;
const folder = mkdtempSync(join(tmpdir(), 'framewire-'));
const file = join(folder, 'hello.fwtrace');

/** One conversation with the recording server: `hello hello` there, upper case back. */
function talk(port) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write('hello hello'));
    socket.on('data', (data) => {
      socket.end();
      resolve(data.toString());
    });
    socket.on('error', reject);
  });
}

before(async () => {
  assert.ok(binary, 'FRAMEWIRE_BIN names the binary whose recordings are opened');
  const server = spawn(binary, ['serve', 'tcp', '--listen', '127.0.0.1:0', '--record', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const port = await new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk) => {
      said += chunk;
      const found = /127\.0\.0\.1:(\d+)/.exec(said);
      if (found && found[1] !== '0') resolve(Number(found[1]));
    };
    server.stdout.on('data', hear);
    server.stderr.on('data', hear);
    server.on('exit', () => reject(new Error(`the server ended: ${said}`)));
  });
  assert.equal(await talk(port), 'HELLO HELLO');
  await new Promise((resolve) => setTimeout(resolve, 300));
  const ended = new Promise((resolve) => server.on('exit', resolve));
  server.kill('SIGINT');
  await ended;
});

after(async () => {
  await close();
  rmSync(folder, { recursive: true });
});

async function shows(player) {
  await player.locator('.badges .observed').waitFor();
  const told = await sentences(player);
  assert.ok(told.some((row) => row.text.includes("recv(") && row.text.includes("b'hello hello'")), JSON.stringify(told));
  assert.ok(told.some((row) => row.text.includes("b'HELLO HELLO'")));
  assert.ok(told.some((row) => row.known === 'observed') && told.every((row) => row.known !== 'modelled'));
  const ledger = await drawn(player, 'ledger');
  assert.ok(ledger.texts.join('').includes('hello␣hello'));
  assert.ok(ledger.texts.join('').includes('HELLO␣HELLO'));
  assert.ok(ledger.texts.includes('packets not recorded'));
  const ladder = await drawn(player, 'ladder');
  assert.equal(ladder.counts.arrow ?? 0, 0);
}

test('by the file dialog', async () => {
  const { player, done } = await open();
  await player.locator('header input[type=file]').setInputFiles(file);
  await shows(player);
  assert.equal(await player.locator('h1').innerText(), 'hello.fwtrace');
  await done();
});

test('by dropping it anywhere', async () => {
  const { page, player, done } = await open();
  const bytes = [...readFileSync(file)];
  const transfer = await page.evaluateHandle((content) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(content)], 'dropped.fwtrace'));
    return data;
  }, bytes);
  await player.dispatchEvent('dragover', { dataTransfer: transfer });
  await player.dispatchEvent('drop', { dataTransfer: transfer });
  await shows(player);
  await done();
});

test('a file that is no recording is refused in words, and nothing is lost', async () => {
  const { player, done } = await open();
  await player.locator('header input[type=file]').setInputFiles({
    name: '<img src=x onerror=alert(1)>.fwtrace',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from('no recording'),
  });
  const alert = player.locator('.notice.bad');
  await alert.waitFor();
  assert.match(await alert.innerText(), /<img src=x onerror=alert\(1\)>\.fwtrace is not a framewire recording/);
  assert.equal(await player.locator('img').count(), 0);
  assert.ok((await drawn(player, 'ladder')).counts.arrow > 4, 'the figure before is still there');
  await done();
});

test('a recording that was cut off opens up to the cut and says so', async () => {
  const { player, done } = await open();
  const whole = readFileSync(file);
  await player.locator('header input[type=file]').setInputFiles({
    name: 'cut.fwtrace',
    mimeType: 'application/octet-stream',
    buffer: whole.subarray(0, whole.length - 3),
  });
  await player.locator('.notice:not(:empty)').waitFor();
  assert.match(await player.locator('.notice').innerText(), /cut off/);
  await done();
});
