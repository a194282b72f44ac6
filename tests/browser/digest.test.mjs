// The same scenario and seed give the same run, to the octet, natively and in the page.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, test } from 'node:test';
import { close, open } from './page.mjs';

after(close);

test('every built-in scenario has the digest that it has natively', async () => {
  const told = execFileSync(process.env.FRAMEWIRE_BIN ?? 'framewire', ['sim', '--digest'], { encoding: 'utf8' });
  const native = Object.fromEntries(told.trim().split('\n').map((line) => line.split(/\s+/)));
  assert.ok(Object.keys(native).length >= 40);
  const { player, done } = await open();
  const found = await player.evaluate(async (element, names) => {
    const { Lab } = await import(new URL('pkg/framewire.js', location.href).href);
    const digests = {};
    for (const name of names) {
      const lab = Lab.builtin(name, 'en');
      // The digest is of what happened, not of how the work was cut.
      const work = lab.start('en');
      while (work.advance(97));
      const core = work.finish();
      digests[name] = core.digest();
      core.free();
      lab.free();
    }
    return digests;
  }, Object.keys(native));
  assert.deepEqual(found, native);
  await done();
});
