// Every built-in scenario is drawn and told, in both languages, without a word on the console.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, drawn, open, scenarioNames, sentences, show } from './page.mjs';

after(close);

for (const lang of ['en', 'zh']) {
  test(`every built-in scenario, ${lang}`, async () => {
    const { player, done } = await open(`scenario=hello-tcp&lang=${lang}`);
    const names = await scenarioNames(player);
    assert.ok(names.length >= 40, String(names.length));
    for (const name of names) {
      await show(player, name);
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
