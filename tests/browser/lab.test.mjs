// The laboratory: one thing is changed, the run is made anew, and what follows is seen; what is wrong changes nothing.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { meter, PHONE, within } from './meter.mjs';
import { axeFindings, close, open, show } from './page.mjs';

after(close);

/** Opens the laboratory by its key. */
async function lab(fragment = 'scenario=hello-tcp&lang=en', options = {}) {
  const opened = await open(fragment, options);
  const { page, player } = opened;
  await page.keyboard.press('x');
  const panel = player.locator('aside.lab');
  await panel.waitFor();
  return {
    ...opened,
    panel,
    /** The lines of the list of changes. */
    changes: () => panel.locator('.done li span').allInnerTexts(),
    /** What the scenario's text says now. */
    json: () => player.evaluate((element) => JSON.parse(element.scenarioJson())),
    digest: () => player.evaluate((element) => element.core.digest()),
    /** Waits until no run is being made. */
    settled: () => player.evaluate(async (element) => {
      do await new Promise((go) => setTimeout(go, 50)); while (element.lab.waiting || element.lab.trial || element.settling);
    }),
    /** Selects the first packet that is told so, and says which it is. */
    select: (title) => player.evaluate((element, wanted) => {
      for (let i = 0; i < element.about.packets; i++) {
        const id = (1 << 28) | i;
        const { title, facts } = element.core.inspect(id, true, 'en');
        if (`${title} ${facts.flat().join(' ')}`.includes(wanted)) {
          element.select(id);
          return i;
        }
      }
      return -1;
    }, title),
    /** Titles of the packets, with what became of them. */
    packets: () => player.evaluate((element) => Array.from({ length: element.about.packets }, (_, i) => {
      const { title, facts } = element.core.inspect((1 << 28) | i, true, 'en');
      const names = facts.map(([name]) => name);
      return `${title} ${facts.find(([name]) => name === 'Value')?.[1]}${names.includes('Lost') ? ' lost' : ''}`;
    })),
  };
}

test('a knob is turned: the run follows, the playhead stays, and each way back leads back', async () => {
  const { player, panel, changes, json, digest, settled, done } = await lab();
  const before = await digest();
  await panel.getByText('Network', { exact: true }).waitFor();
  await player.evaluate((element) => (element.currentTime = 0.03));
  const at = await player.evaluate((element) => element.currentTime);
  const latency = panel.getByRole('spinbutton', { name: 'latency', exact: true });
  assert.equal(await latency.getAttribute('placeholder'), '20', 'the default is shown');
  await latency.fill('250');
  await settled();
  assert.deepEqual(await changes(), ['latency: 250ms']);
  assert.equal((await json()).network.latency, '250ms');
  assert.notEqual(await digest(), before);
  assert.ok(Math.abs((await player.evaluate((element) => element.currentTime)) - at) < 1e-6);
  assert.ok((await player.evaluate((element) => element.duration)) > 1);
  assert.match(await player.locator('.badges').innerText(), /Changes: 1/);
  // A slider tells what it is set to.
  const slider = panel.getByRole('slider', { name: 'loss', exact: true });
  await slider.focus();
  await slider.press('ArrowRight');
  await settled();
  assert.equal((await changes()).length, 2);
  assert.match((await slider.getAttribute('aria-valuetext')) ?? '', /%$/);
  await panel.getByRole('button', { name: 'Reset: latency' }).click();
  await settled();
  assert.equal((await changes()).length, 1);
  await panel.getByRole('button', { name: 'Undo all' }).click();
  await settled();
  assert.deepEqual(await changes(), []);
  assert.equal(await digest(), before);
  await done();
});

test('an impossible value is refused with its reason, and nothing is lost', async () => {
  const { player, panel, changes, digest, settled, done } = await lab();
  const before = await digest();
  await panel.getByRole('spinbutton', { name: 'loss', exact: true }).fill('150');
  await settled();
  assert.match(await player.getByRole('alert').first().innerText(), /network\.loss.*from 0 to 1/);
  assert.deepEqual(await changes(), []);
  assert.equal(await digest(), before);
  await done();
});

test('every packet action does what it says, and is undone by itself', async () => {
  const { player, panel, changes, packets, select, settled, json, done } = await lab();
  const original = await packets();
  const inspector = player.locator('aside.inspector');
  const nth = await select('len 11');
  assert.equal(original.filter((title) => title.includes('lost')).length, 0);

  await inspector.getByRole('button', { name: 'Drop', exact: true }).click();
  await settled();
  assert.deepEqual(await changes(), ['client, data no. 1: lost']);
  const dropped = await packets();
  assert.match(dropped[nth], /len 11 .* lost$/);
  assert.ok(dropped.length > original.length, 'it is sent again');
  assert.deepEqual((await json()).network.script, [{ do: 'drop', from: 'client', what: 'data', nth: 1 }]);
  assert.equal(await player.evaluate((element) => element.selected), (1 << 28) | nth, 'the selection stays');
  await panel.getByRole('button', { name: 'Undo: client, data no. 1: lost' }).click();
  await settled();
  assert.deepEqual(await packets(), original);

  await inspector.getByRole('spinbutton', { name: 'by (ms)' }).fill('70');
  await inspector.getByRole('button', { name: 'Delay', exact: true }).click();
  await settled();
  assert.deepEqual(await changes(), ['client, data no. 1: held back 70ms']);
  const facts = await inspector.locator('.facts').innerText();
  assert.match(facts, /\+90(\.0+)? ms/, '20 ms and 70 ms');
  await panel.getByRole('button', { name: /^Undo: / }).click();
  await settled();

  await inspector.getByRole('button', { name: 'Duplicate', exact: true }).click();
  await settled();
  assert.ok((await packets()).length > original.length);
  assert.match((await changes())[0], /doubled, the copy 70ms later/);
  await panel.getByRole('button', { name: /^Undo: / }).click();
  await settled();

  await inspector.getByRole('button', { name: 'Corrupt', exact: true }).click();
  await settled();
  assert.match((await changes())[0], /damaged/);
  assert.match(await inspector.locator('.facts').innerText(), /damaged/);
  assert.ok((await packets()).length > original.length, 'thrown away by its checksum, and sent again');
  // The text that is shared runs to the same.
  const [shown, again] = await player.evaluate(async (element) => {
    const first = element.core.digest();
    await element.load(element.scenarioJson());
    return [first, element.core.digest()];
  });
  assert.equal(again, shown);
  await done();
});

test('what the scenario itself does to a packet can be left out', async () => {
  const { panel, changes, packets, settled, done } = await lab('scenario=lost-syn&lang=en');
  assert.equal((await packets()).filter((title) => title.endsWith('lost')).length, 1);
  const box = panel.locator('.script').getByRole('checkbox');
  assert.ok(await box.isChecked());
  await box.uncheck();
  await settled();
  assert.deepEqual(await changes(), ['not: client, SYN no. 1: lost']);
  assert.equal((await packets()).filter((title) => title.endsWith('lost')).length, 0);
  await box.check();
  await settled();
  assert.deepEqual(await changes(), []);
  await done();
});

test('a rule is broken by a switch, by one host or by all', async () => {
  const { panel, changes, json, digest, settled, done } = await lab('scenario=four-way-close&lang=en');
  const before = await digest();
  await panel.getByText('Rules to break', { exact: true }).click();
  const group = panel.getByRole('group', { name: 'no TIME-WAIT' });
  await group.getByRole('checkbox', { name: 'client' }).check();
  await settled();
  assert.deepEqual(await changes(), ['client: no TIME-WAIT']);
  assert.notEqual(await digest(), before);
  await group.getByRole('checkbox', { name: 'client' }).uncheck();
  await settled();
  assert.equal(await digest(), before);
  await group.getByRole('checkbox', { name: 'no TIME-WAIT' }).check();
  await settled();
  assert.deepEqual((await json()).tcp.break, ['no-time-wait']);
  assert.ok(await group.getByRole('checkbox', { name: 'server' }).isChecked());
  await done();
});

test('a program is edited in place; what is wrong is told at its line and nothing is lost', async () => {
  const { page, player, panel, changes, digest, settled, json, done } = await lab();
  const before = await digest();
  await panel.getByRole('button', { name: 'Edit…' }).click();
  const editor = player.locator('dialog.editor');
  await editor.getByRole('combobox').selectOption({ label: 'client: client.py' });
  const text = editor.getByRole('textbox');
  const steps = await text.inputValue();
  assert.match(steps, /^\[\n  \{ "do": "socket" \},\n/);
  await text.fill(steps.replace('"send"', '"snd"'));
  const alert = editor.getByRole('alert');
  await page.waitForTimeout(400);
  assert.match(await alert.innerText(), /^line 4, column 11: .*`snd` is not known here; allowed: /);
  assert.equal(await editor.locator('.gutter .bad').textContent(), '▸4\n');
  // Running it goes to the flaw; closing keeps the draft and the picture.
  await page.keyboard.press('Control+Enter');
  assert.equal(await text.evaluate((area) => area.value.slice(area.selectionStart, area.selectionStart + 5)), '"snd"');
  await page.keyboard.press('Escape');
  assert.equal(await digest(), before);
  await panel.getByRole('button', { name: 'Edit…' }).click();
  assert.match(await text.inputValue(), /"snd"/);
  await text.fill(steps.replace('hello hello', 'good morning, server'));
  await page.keyboard.press('Control+Enter');
  await settled();
  assert.equal(await editor.evaluate((element) => element.open), false);
  assert.deepEqual(await changes(), ['edited by hand']);
  assert.equal((await json()).hosts[0].programs[0].steps[2].data, 'good morning, server');
  assert.match(await player.locator('.programs.left').innerText(), /good morning, server/);
  await panel.getByRole('button', { name: 'Undo: edited by hand' }).click();
  await settled();
  assert.equal(await digest(), before);
  await done();
});

test('the whole scenario is edited; bad JSON is told in the reader\'s language', async () => {
  const { page, player, panel, digest, settled, done } = await lab('scenario=hello-tcp&lang=zh');
  const before = await digest();
  await panel.getByRole('button', { name: '编辑…' }).click();
  const editor = player.locator('dialog.editor');
  const text = editor.getByRole('textbox');
  const json = await text.inputValue();
  await text.fill(json.replace('"hosts": [', '"hosts": ['.slice(0, -1)));
  await page.waitForTimeout(400);
  assert.match(await editor.getByRole('alert').innerText(), /^第 \d+ 行第 \d+ 列：.*不是合法的 JSON/);
  await editor.getByRole('button', { name: '放弃草稿' }).click();
  assert.equal(await text.inputValue(), json);
  await text.fill(json.replace('"zh": "你好，TCP"', '"zh": "改过的标题"'));
  await editor.getByRole('button', { name: '运行', exact: true }).click();
  await settled();
  assert.equal(await player.locator('h1').innerText(), '改过的标题');
  assert.equal(await digest(), before, 'a title changes no event');
  await done();
});

test('a run that does not end is stopped with a message, and the page stays alive meanwhile', async () => {
  const { page, player, panel, digest, settled, changes, done } = await lab();
  const before = await digest();
  const endless = `[
  { "do": "socket", "kind": "udp" },
  { "do": "loop", "body": [{ "do": "sendto", "data": "x", "to": "server:9" }, { "do": "sleep", "time": "1us" }] }
]`;
  await panel.getByRole('button', { name: 'Edit…' }).click();
  const editor = player.locator('dialog.editor');
  await editor.getByRole('combobox').selectOption({ label: 'client: client.py' });
  await editor.getByRole('textbox').fill(endless);
  const longest = await player.evaluate(async (element) => {
    const editor = element.lab.editor;
    let [last, most] = [performance.now(), 0];
    const beat = setInterval(() => {
      most = Math.max(most, performance.now() - last);
      last = performance.now();
    }, 5);
    await editor.take();
    clearInterval(beat);
    return most;
  });
  await settled();
  assert.match(await player.getByRole('alert').first().innerText(), /^Stopped after [\d,]+ events: this run does not come to an end/);
  // Wall clock, and other work goes on on this machine: alive is what is asked.
  assert.ok(longest < 3000, `the page stood still for ${longest} ms`);
  assert.deepEqual(await changes(), []);
  assert.equal(await digest(), before);
  // The text is still there to be mended.
  await panel.getByRole('button', { name: 'Edit…' }).click();
  assert.equal(await editor.getByRole('textbox').inputValue(), endless);
  await page.keyboard.press('Escape');
  await done();
});

test('a recording cannot be changed, and says so', async () => {
  const { player, panel, done } = await lab();
  await player.evaluate((element) => element.lab.take(undefined, 0));
  assert.match(await panel.innerText(), /A recording cannot be changed/);
  assert.ok(await panel.getByRole('button', { name: 'Edit…' }).isDisabled());
  assert.equal(await player.evaluate((element) => element.scenarioJson()), undefined);
  await done();
});

test('all by keyboard: open, drop a packet, undo, close', async () => {
  const { page, player, panel, changes, settled, select, done } = await lab();
  assert.ok(await panel.locator('.bench').evaluate((element) => element.getRootNode().activeElement === element));
  await select('SYN');
  const drop = player.locator('aside.inspector').getByRole('button', { name: 'Drop', exact: true });
  for (let i = 0; i < 80 && !(await drop.evaluate((b) => b.getRootNode().activeElement === b)); i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await settled();
  assert.deepEqual(await changes(), ['client, SYN no. 1: lost']);
  assert.ok(await drop.evaluate((b) => b.getRootNode().activeElement === b), 'the focus stays');
  const undo = panel.getByRole('button', { name: /^Undo: client, SYN/ });
  for (let i = 0; i < 80 && !(await undo.evaluate((b) => b.getRootNode().activeElement === b)); i++) await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await settled();
  assert.deepEqual(await changes(), []);
  await page.keyboard.press('Escape');
  assert.equal(await panel.isVisible(), false);
  await done();
});

test('the laboratory follows to another scenario and language', async () => {
  const { player, panel, changes, settled, done } = await lab();
  await panel.getByRole('spinbutton', { name: 'latency', exact: true }).fill('5');
  await settled();
  await player.evaluate((element) => element.setAttribute('lang', 'zh'));
  assert.deepEqual(await changes(), ['单向时延：5ms']);
  await show(player, 'sack');
  assert.deepEqual(await changes(), []);
  await done();
});

test('before and after stand side by side, differences marked, counted and told', async () => {
  const { page, player, panel, settled, select, done } = await lab();
  await page.keyboard.press('Escape');
  await page.keyboard.press('d');
  const dialog = player.locator('dialog.compare');
  assert.equal(await dialog.evaluate((element) => element.open), false, 'there is nothing to compare');
  assert.match(await player.locator('.notice').innerText(), /Nothing is changed yet/);
  const nth = await select('len 11');
  await player.locator('aside.inspector').getByRole('button', { name: 'Drop', exact: true }).click();
  await settled();
  await page.keyboard.press('d');
  await dialog.waitFor();
  const counts = await dialog.locator('.counts tbody tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  const packets = counts[0].slice(1).map(Number);
  assert.equal(counts[0][0], 'packets');
  // One is lost now, and one more is sent; nothing is gone.
  assert.deepEqual([packets[2], packets[3], packets[4]], [1, 0, 1], String(counts));
  const total = await player.evaluate((element) => element.about.packets);
  assert.equal(packets[0] + packets[1] + packets[2] + packets[4], total);
  const told = await dialog.locator('.rows tbody tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  assert.ok(told.some(([mark, , text]) => /\+.*new/.test(mark) && /is lost on the way/.test(text)), JSON.stringify(told));
  // The signs are drawn, and not by colour alone.
  const signs = await player.evaluate((element, id) => {
    const { before, after } = element.lab.compare;
    const texts = (half) => {
      const all = [];
      const ctx = new Proxy({}, { get: (_, name) => (name === 'fillText' ? (text) => all.push(text) : () => {}), set: () => true });
      half.sketch(ctx, half.picture.list);
      return all;
    };
    return { before: texts(before), after: texts(after), mark: before.marks.get(id) };
  }, (1 << 28) | nth);
  assert.equal(signs.mark, 2);
  assert.ok(signs.before.includes('≠') && signs.after.includes('≠') && signs.after.includes('+'), JSON.stringify(signs));
  assert.deepEqual(await axeFindings(page), []);
  // A difference is gone to, in both ladders.
  await dialog.locator('.rows tbody button').last().click();
  await page.waitForTimeout(200);
  const tops = await player.evaluate(({ lab: { compare: { before, after } } }) => [before, after].map((half) => half.core.nanos(half.scroller.scrollTop)));
  assert.ok(tops[1] > 3e7, String(tops));
  await page.keyboard.press('Escape');
  assert.equal(await dialog.evaluate((element) => element.open), false);
  // Another change, and the comparison follows.
  await player.evaluate((element) => element.lab.clear());
  await settled();
  await player.evaluate((element) => element.lab.change((bench) => bench.turn('network.latency', '21ms', 'en')));
  await page.keyboard.press('x');
  await panel.getByRole('button', { name: 'Compare' }).click();
  assert.match(await dialog.locator('.sum .quiet').innerText(), /latency: 21ms/);
  await done();
});

test('both runs in one picture: what they share once, what is gone dashed, what is new heavy', async () => {
  for (const lang of ['en', 'zh']) {
    const { page, player, settled, select, done } = await lab(`scenario=hello-tcp&lang=${lang}`, { viewport: { width: lang === 'zh' ? 390 : 1280, height: 844 } });
    await select('len 11');
    await player.evaluate((element) => element.lab.act(element.selected, 'drop'));
    await settled();
    await player.evaluate((element) => element.lab.compare.show());
    const dialog = player.locator('dialog.compare');
    const over = dialog.getByRole('radio', { name: lang === 'zh' ? '重叠' : 'overlaid' });
    assert.equal(await over.isChecked(), false, 'side by side at first');
    await over.check();
    assert.deepEqual(await dialog.locator('.half').evaluateAll((halves) => halves.map((half) => half.getClientRects().length > 0)), [false, false, true]);
    assert.match(await dialog.locator('.signs').innerText(), lang === 'zh' ? /虚线加 −：只在改动前/ : /Dashed, with −: only before/);
    assert.ok(await dialog.locator('.sum').evaluate((sum) => sum.scrollWidth <= sum.clientWidth), 'the words break where the picture ends');
    const { arrows, bold, faint, signs, counted, packets } = await player.evaluate((element) => {
      const { laid, counts } = element.lab.compare;
      const core = laid.core;
      // All of it at once, not what is in sight.
      const list = core.ladder(900, core.height() + 80, 0, 1, true, 'en');
      const of = [...list.kind.keys()].filter((i) => list.kind[i] === 1);
      const texts = list.texts.split('\n');
      return {
        arrows: of.length,
        bold: of.filter((i) => list.look[i] & 16).length,
        faint: of.filter((i) => list.role[i] === 1 && list.look[i] & 1).length,
        signs: Object.fromEntries(['+', '−', '≠'].map((sign) => [sign, texts.filter((text) => text === sign).length])),
        counted: [...counts.querySelectorAll('tbody tr')].map((row) => [...row.cells].slice(1).map((cell) => Number(cell.textContent))),
        packets: element.about.packets,
      };
    });
    const [[same, moved, ends, gone, added], calls] = counted;
    assert.equal(packets, same + moved + ends + added);
    assert.equal(arrows, same + moved + 2 * ends + gone + added, 'each packet of both once, but one that ends otherwise with both its ends');
    assert.deepEqual([bold, faint], [ends + added, ends + gone]);
    assert.deepEqual(signs, { '+': added + calls[4], '−': gone + calls[3], '≠': 2 * ends + 2 * calls[2] });
    assert.ok(ends > 0 && added > 0);
    // The table beside it tells the same, and leads there.
    assert.ok((await dialog.locator('.rows tr.new').count()) > 0);
    await dialog.locator('.rows button').first().click();
    await page.keyboard.press('Escape');
    // The choice stays.
    await player.evaluate((element) => element.lab.compare.show());
    assert.ok(await over.isChecked());
    assert.ok((await dialog.locator('.half canvas').nth(2).boundingBox()).width > 300);
    assert.deepEqual(await axeFindings(page), []);
    await done();
  }
});

test('both runs in one picture can be saved and copied as SVG, with what its signs mean', async () => {
  for (const [lang, dark] of [['en', false], ['zh', true]]) {
    const { page, player, settled, select, done } = await lab(`scenario=hello-tcp&lang=${lang}`, { colorScheme: dark ? 'dark' : 'light', viewport: { width: dark ? 390 : 1280, height: 844 } });
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await select('len 11');
    await player.evaluate((element) => element.lab.act(element.selected, 'drop'));
    await settled();
    await player.evaluate((element) => element.lab.compare.show());
    const dialog = player.locator('dialog.compare');
    const save = dialog.getByRole('button', { name: lang === 'zh' ? '保存为 SVG' : 'Save as SVG' });
    assert.equal(await save.isVisible(), false, 'two ladders are not one picture');
    await dialog.getByRole('radio', { name: lang === 'zh' ? '重叠' : 'overlaid' }).check();
    const [download] = await Promise.all([page.waitForEvent('download'), save.click()]);
    assert.equal(download.suggestedFilename(), 'hello-tcp-compared.svg');
    const saved = readFileSync(await download.path(), 'utf8');
    await dialog.getByRole('button', { name: lang === 'zh' ? '复制 SVG' : 'Copy SVG' }).click();
    assert.match(await dialog.locator('.sum [role=status]').innerText(), lang === 'zh' ? /已复制/ : /Copied/);
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), saved);
    const found = await player.evaluate((element, text) => {
      const svg = new DOMParser().parseFromString(text, 'image/svg+xml');
      const { overlay } = element.lab.compare;
      const list = overlay.ladder(Number(svg.documentElement.getAttribute('width')), overlay.height() + 80, 0, 1, true, element.lang);
      return {
        wrong: svg.querySelectorAll('parsererror').length,
        title: svg.querySelector('title')?.textContent,
        paper: svg.querySelector('rect[width="100%"], svg > rect')?.getAttribute('fill'),
        written: [...svg.querySelectorAll('text')].map((t) => t.textContent),
        drawn: list.texts.split('\n'),
      };
    }, saved);
    assert.equal(found.wrong, 0);
    assert.match(found.title, lang === 'zh' ? /前后/ : /Before and after/);
    assert.equal(found.paper, dark ? '#1c1f22' : '#fffefb');
    // The same display list: every text of it is written, and below it what was changed and the key.
    for (const text of found.drawn) assert.ok(found.written.includes(text), `${text}: ${found.written}`);
    assert.ok(['+', '≠'].every((sign) => found.written.includes(sign)));
    const below = found.written.slice(found.drawn.length).join('').replaceAll(/\s/g, '');
    assert.match(below, lang === 'zh' ? /虚线加−：只在改动前；/ : /Dashed,with−:onlybefore/);
    await done();
  }
});

/** How soon a knob's change is drawn on a phone, in milliseconds of work. */
const DRAWN_MS = 100;

test('a knob\'s change is drawn in time on a phone', { timeout: 300_000 }, async () => {
  for (const scenario of ['hello-tcp', 'framed-hello', 'sack']) {
    const { page, player, done } = await lab(`scenario=${scenario}&lang=en`);
    const { work } = await meter(page);
    /** The work of a frame in which the latency is turned, or nothing happens. @param {number} [latency] */
    const frame = async (latency) => {
      const before = await work();
      await player.evaluate(async (element, ms) => {
        if (ms) await element.lab.change((bench) => bench.turn('network.latency', `${ms}ms`, 'en'));
        await new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
      }, latency);
      return (await work()) - before;
    };
    let latency = 30;
    const { holds, told } = await within(page.context().browser(), DRAWN_MS, async () => {
      // What an empty frame costs, once all has followed the change before, is this test's own asking.
      await page.waitForTimeout(800);
      const empty = [await frame(), await frame(), await frame()].sort((a, b) => a - b)[1];
      return PHONE * ((await frame(latency++)) - empty);
    });
    console.log(`${scenario}: drawn on a phone after ${told}`);
    assert.ok(holds, `${scenario}: ${told}`);
    await done();
  }
});

for (const [lang, colorScheme, width] of [['en', 'light', 1280], ['zh', 'dark', 390]]) {
  test(`axe-core finds nothing: ${lang}, ${colorScheme}, ${width} px`, async () => {
    const { page, player, panel, settled, select, done } = await lab(`scenario=sticky-packets&lang=${lang}`, { colorScheme, viewport: { width, height: 844 } });
    for (const summary of await panel.locator('summary').all()) if (!(await summary.evaluate((s) => s.parentElement.open))) await summary.click();
    await player.evaluate((element) => element.lab.change((bench) => bench.turn('network.latency', '30ms', 'en')));
    await settled();
    assert.deepEqual(await axeFindings(page), []);
    await select('SYN');
    assert.deepEqual(await axeFindings(page), []);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    await player.evaluate((element) => element.lab.editor.show());
    assert.deepEqual(await axeFindings(page), []);
    const box = await player.locator('dialog.editor').boundingBox();
    assert.ok(box && box.x >= 0 && box.x + box.width <= width, JSON.stringify(box));
    await page.keyboard.press('Escape');
    await player.evaluate((element) => element.lab.compare.show());
    assert.deepEqual(await axeFindings(page), []);
    await done();
  });
}

test('a knob is turned from the playhead on: what was before stays, and only what can change then is offered', async () => {
  const { page, player, panel, changes, json, digest, settled, done } = await lab();
  const before = await digest();
  const flights = () => player.evaluate((element) => Array.from({ length: element.about.packets }, (_, i) => {
    const { facts } = element.core.inspect((1 << 28) | i, true, 'en');
    return facts.flat().join(' ');
  }));
  const plain = await flights();
  const knobs = () => panel.locator('.knob:visible label').allInnerTexts();
  const all = await knobs();
  await panel.getByRole('radio', { name: /^from here on/ }).check();
  assert.match(await panel.locator('.moment p').innerText(), /^Bring the playhead/);
  assert.deepEqual(await knobs(), [], 'at the end nothing can change any more');
  await player.evaluate((element) => element.seek(element.core.position(30e6), true));
  await panel.getByRole('radio', { name: 'from here on (0.030 s)' }).waitFor();
  assert.match(await panel.locator('.moment p').innerText(), /^In the middle of a run/);
  await panel.getByText('Network', { exact: true }).waitFor();
  await panel.getByText('Segments and windows', { exact: true }).click();
  const some = await knobs();
  assert.ok(some.includes('latency') && some.length < all.length + 20, String(some));
  assert.ok(some.some((name) => name.includes('Nagle')) && !some.some((name) => /SACK|MSS/.test(name)), String(some));
  assert.deepEqual(await axeFindings(page), []);
  const latency = panel.getByRole('spinbutton', { name: 'latency', exact: true });
  await latency.fill('250');
  await settled();
  assert.match((await changes())[0], /^from 30(\.\d+)?ms on: latency: 250ms$/);
  assert.equal(await latency.inputValue(), '250');
  const now = await flights();
  assert.deepEqual(now.slice(0, 2), plain.slice(0, 2), 'SYN and SYN ACK went before');
  assert.notEqual(now[3], plain[3]);
  // The same knob at the same moment is one change, wherever the playhead's pixel is now.
  await latency.fill('300');
  await settled();
  assert.equal((await changes()).length, 1);
  // No scenario's text can hold it (a link can: see share.test.mjs).
  assert.equal((await json()).network?.latency, undefined);
  // A setting of TCP that a socket option could change, likewise.
  await panel.getByRole('checkbox', { name: "Nagle's algorithm" }).click();
  await settled();
  assert.match((await changes())[1], /^from 30(\.\d+)?ms on: Nagle's algorithm: /);
  await panel.getByRole('button', { name: /^Undo: from 30.*Nagle/ }).click();
  await settled();
  // From the start the knob is as it was; each way back leads back.
  await panel.getByRole('radio', { name: 'from the start' }).check();
  assert.equal(await latency.getAttribute('placeholder'), '20');
  assert.equal(await latency.inputValue(), '');
  await panel.getByRole('button', { name: /^Undo: from 30/ }).click();
  await settled();
  assert.equal(await digest(), before);
  await done();
});
