// The framing debugger: what is pasted, dropped or taken from an open stream is taken apart, and what is wrong is said.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { axeFindings, close, open } from './page.mjs';

after(close);

const GOOD = `b'\\x11\\x00\\x00\\x00{"data_size": 12}hello world!'`;

/** Opens the debugger by its key. */
async function debug(fragment, options) {
  const opened = await open(fragment, options);
  await opened.page.keyboard.press('f');
  const dialog = opened.player.locator('dialog.framing');
  await dialog.waitFor();
  const status = dialog.getByRole('status');
  return {
    ...opened,
    dialog,
    status,
    /** Pastes a text, under a framing if one is named, and waits for the findings. */
    async paste(text, name = '') {
      await dialog.locator('input[type=text]').fill(name);
      await dialog.locator('textarea').fill(text);
      await opened.page.waitForTimeout(300);
    },
    /** The roles of the bytes shown, run by run: `length 4, header 17`. */
    roles: () =>
      dialog.locator('.hexes').evaluate((element) => {
        const names = ['length', 'header', 'payload', 'delimiter', 'padding'];
        const runs = [];
        for (const byte of element.querySelectorAll('.hex b')) {
          const role = names[Number(/role(\d)/.exec(byte.className)?.[1])] ?? 'none';
          if (runs.at(-1)?.role === role) runs.at(-1).count++;
          else runs.push({ role, count: 1 });
        }
        return runs.map((run) => `${run.role} ${run.count}`).join(', ');
      }),
    bad: () => dialog.locator('.hex b.bad').evaluateAll((bytes) => bytes.map((byte) => byte.textContent?.trim())),
  };
}

test('a good json-header stream is recognised, taken apart and marked', async () => {
  const { dialog, status, paste, roles, bad, done } = await debug();
  await paste(GOOD);
  assert.equal(await status.innerText(), '33 octets (hex dump) · json-header:data_size|size: complete frames: 1');
  assert.equal(await roles(), 'length 4, header 17, payload 12');
  assert.deepEqual(await bad(), []);
  const row = dialog.locator('.frames tbody tr');
  assert.equal(await row.count(), 1);
  assert.match(await row.innerText(), /0\s+0\s+length 4, header 17, payload 12\s+"\{\\"data_size\\": 12\}" "hello world!"/);
  assert.match(await dialog.locator('.awaits').innerText(), /length 0\/4/);
  assert.equal(await dialog.locator('.wrong').count(), 0);
  await done();
});

test('a length bomb is refused at its first byte, with the reason', async () => {
  const { dialog, paste, bad, done } = await debug();
  await paste('GET / HTTP/1.1', 'length:u32be');
  const wrong = await dialog.locator('.wrong').innerText();
  assert.match(wrong, /the length reads 1,195,725,856 \(47 45 54 20\), more than the limit/);
  assert.match(wrong, /these bytes are the text "GET "; this looks like HTTP/);
  assert.deepEqual(await bad(), ['47']);
  await done();
});

test('a cut in mid-frame says what is waited for', async () => {
  const { dialog, status, paste, roles, done } = await debug();
  await paste(`b'\\x11\\x00\\x00\\x00{"data_size": 12}hel'`, 'json-header:data_size');
  assert.match(await dialog.locator('.awaits').innerText(), /payload 3\/12/);
  assert.match(await status.innerText(), /complete frames: 0/);
  assert.equal(await roles(), 'length 4, header 17, payload 3');
  await done();
});

test('a hex dump with offsets is read, and a candidate can be chosen', async () => {
  const { dialog, status, paste, roles, done } = await debug();
  await paste('00000000: 0000 0005 6865 6c6c 6f00 0000 0568 656c  ....hello....hel\n00000010: 6c6f                                     lo');
  assert.match(await status.innerText(), /^18 octets \(hex dump\) · length:u32be: complete frames: 2/);
  assert.equal(await roles(), 'length 4, payload 5, length 4, payload 5');
  await dialog.getByRole('button', { name: 'length:u32be', exact: true }).click();
  assert.equal(await dialog.locator('input[type=text]').inputValue(), 'length:u32be');
  await done();
});

test('a dropped file is looked at and not opened as a recording', async () => {
  const { page, player, dialog, status, roles, done } = await debug();
  const title = await player.locator('h1').innerText();
  await dialog.evaluate((element) => {
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from([0x33, 0x3a, 0x61, 0x62, 0xff, 0x2c]);
    transfer.items.add(new File([bytes], 'net.bin'));
    element.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, composed: true, cancelable: true }));
  });
  await page.waitForTimeout(300);
  assert.match(await status.innerText(), /^net\.bin · 6 octets \(hex dump\) · netstring: complete frames: 1/);
  assert.equal(await roles(), 'length 1, delimiter 1, payload 3, delimiter 1');
  assert.equal(await player.locator('h1').innerText(), title);
  await done();
});

test('bad input is answered in the reader\'s language', async () => {
  const { dialog, paste, done } = await debug('scenario=hello-tcp&lang=zh');
  await dialog.locator('select').first().selectOption('dump');
  await paste('11 22\nhello');
  assert.match(await dialog.getByRole('alert').innerText(), /第 2 行.*`hello` 不是成对的十六进制数字/);
  await paste('11 22', 'tlv');
  assert.match(await dialog.getByRole('alert').innerText(), /没有名为 `tlv` 的分帧方式/);
  await done();
});

test('a stream of the open conversation is looked at', async () => {
  const { page, dialog, status, done } = await debug('scenario=hello-tcp&lang=en');
  const source = dialog.locator('label:has(option[value="0 0"]) select');
  await source.selectOption('0 0');
  await page.waitForTimeout(300);
  assert.match(await status.innerText(), /^\d+ octets \(hex dump\)/);
  const text = await dialog.locator('.findings, textarea').first().inputValue();
  assert.match(text, /^00000000  68 65 6c 6c 6f/);
  await done();
});

test('keys: F opens, Escape closes, and the player keeps still meanwhile', async () => {
  const { page, player, dialog, done } = await debug();
  const before = await player.evaluate((element) => element.playhead);
  await dialog.getByRole('button', { name: 'Close' }).focus();
  await page.keyboard.press('Home');
  assert.equal(await player.evaluate((element) => element.playhead), before);
  await page.keyboard.press('Escape');
  assert.equal(await dialog.evaluate((element) => element.open), false);
  await player.getByRole('button', { name: 'Framing debugger' }).click();
  assert.equal(await dialog.evaluate((element) => element.open), true);
  await done();
});

for (const [lang, colorScheme, width] of [['en', 'light', 1280], ['zh', 'dark', 390]]) {
  test(`axe-core finds nothing: ${lang}, ${colorScheme}, ${width} px`, async () => {
    const { page, dialog, paste, done } = await debug(`scenario=hello-tcp&lang=${lang}`, { colorScheme, viewport: { width, height: 844 } });
    await paste(GOOD);
    assert.deepEqual(await axeFindings(page), []);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    const box = await dialog.boundingBox();
    assert.ok(box && box.x >= 0 && box.x + box.width <= width, JSON.stringify(box));
    await done();
  });
}
