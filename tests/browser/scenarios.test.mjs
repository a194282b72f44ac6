// Every built-in scenario is drawn and told, in both languages, without a word on the console.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, drawn, open, sentences } from './page.mjs';

after(close);

for (const lang of ['en', 'zh']) {
  test(`every built-in scenario, ${lang}`, async () => {
    const { player, done } = await open(`scenario=hello-tcp&lang=${lang}`);
    const picker = player.locator('.picker');
    const names = await picker.locator('option').evaluateAll((options) => options.map((option) => option.value));
    assert.ok(names.length >= 40, String(names.length));
    for (const name of names) {
      await picker.selectOption(name);
      const ready = await player.evaluate(async (element, wanted) => {
        for (let i = 0; i < 200 && element.info?.name !== wanted; i++) await new Promise((go) => setTimeout(go, 20));
        return element.info?.name === wanted && element.dataset.state === 'ready';
      }, name);
      assert.ok(ready, name);
      const ladder = await drawn(player, 'ladder');
      assert.ok((ladder.counts.arrow ?? 0) + (ladder.counts.area ?? 0) > 1, `${name} draws no packet`);
      const ledger = await drawn(player, 'ledger');
      assert.ok(ledger.texts.some((text) => text.includes('→')), `${name} has no ledger`);
      const told = await sentences(player);
      assert.ok(told.length > 4, `${name} tells nothing`);
      assert.ok(told.every((row) => row.text.endsWith(lang === 'zh' ? '。' : '.')), name);
      assert.equal(await player.locator('.notice.bad:not(:empty)').count(), 0, name);
      assert.ok((await player.locator('.question').innerText()).length > 5, name);
    }
    await done();
  });
}
