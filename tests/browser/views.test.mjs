// Every view on every scenario: what is drawn and told is what happened; the menu of views, the picker, the charts' time axis,
// the inspector's links, print and presentation.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { axeFindings, close, drawn, open, scenarioNames, sentences, show } from './page.mjs';

after(close);

const ALL = 'ladder bytes programs inspector states charts variables transcript';

const setView = (player, views) => player.evaluate((element, value) => element.setAttribute('view', value), views);
const visible = (player, selector) => player.locator(selector).isVisible();

test('every view of every scenario draws and tells what happened', async () => {
  const { player, done } = await open('scenario=hello-tcp&lang=en', { viewport: { width: 1600, height: 1000 } });
  await setView(player, ALL);
  for (const name of await scenarioNames(player)) {
    await show(player, name);
    const states = await drawn(player, 'states');
    const charts = await drawn(player, 'charts');
    const seen = await player.evaluate((element) => {
      const root = element.shadowRoot;
      const core = element.core;
      const text = (selector) => root.querySelector(selector)?.textContent ?? '';
      return {
        connections: element.about.connections,
        entered: [...Array(element.rowCount).keys()].length,
        label: root.querySelector('.states .figure-box').getAttribute('aria-label'),
        told: core.machineTold(element.states.connection, element.playhead, 'en'),
        values: text('.values'),
        // At some moments no connection is open.
        variables: [0.1, 0.25, 0.4, 0.6].map((part) => (element.seek(element.extent * part, true), text('.sets'))).join(''),
        programs: element.about.programs.map((p) => p.lines.join('')),
        sources: text('.programs.left') + text('.programs.right'),
      };
    });
    for (const state of ['CLOSED', 'LISTEN', 'SYN-SENT', 'SYN-RECEIVED', 'ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSING', 'TIME-WAIT', 'CLOSE-WAIT', 'LAST-ACK']) {
      assert.ok(states.texts.includes(state), `${name}: ${state}`);
    }
    for (const sentence of seen.told) assert.ok(seen.label.includes(sentence), `${name}: ${sentence}`);
    const tcp = seen.connections.some((c) => c.startsWith('TCP'));
    if (!tcp) assert.ok(seen.told.every((t) => t.includes('no state is known')), name);
    else assert.ok(seen.told.some((t) => t.includes('→')), `${name}: ${seen.told}`);
    const quiet = charts.texts.includes('nothing was sent');
    assert.ok(quiet || charts.texts.some((t) => t.startsWith('Time–sequence')), `${name}: ${charts.texts}`);
    if (tcp && !quiet) assert.match(seen.values, /cwnd\d+ B/, name);
    if (tcp) assert.ok(seen.variables.includes('SND.NXT'), name);
    for (const source of seen.programs) assert.ok(seen.sources.includes(source.slice(0, 12)), name);
    assert.ok((await sentences(player)).length > 4, name);
  }
  await done();
});

for (const lang of ['en', 'zh']) {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    test(`axe-core finds nothing in any view: ${lang}, ${colorScheme}`, async () => {
      const { page, player, done } = await open(`scenario=sack&lang=${lang}`, { colorScheme });
      for (const views of [ALL, 'states', 'charts', 'programs variables', 'transcript', 'bytes inspector']) {
        await setView(player, views);
        assert.deepEqual(await axeFindings(page), [], views);
      }
      await setView(player, ALL);
      await player.evaluate((element) => element.transcript.go(20, false));
      await page.keyboard.press('v');
      assert.deepEqual(await axeFindings(page), []);
      await page.keyboard.press('Escape');
      await page.keyboard.press('/');
      assert.deepEqual(await axeFindings(page), []);
      await done();
    });
  }
}

test('the state machine follows the playhead', async () => {
  const { player, done } = await open('scenario=three-way-handshake&lang=en');
  assert.ok(await visible(player, '.states'), 'the scenario asks for it');
  const told = () => player.locator('.states .figure-box').getAttribute('aria-label');
  const atState = (state, host) =>
    player.evaluate(
      (element, [wanted, where]) => {
        const rows = element.core.rows(0, 10_000, true, 'en');
        element.seek(rows.find((row) => row.text === `${where} enters ${wanted}.`).position, true);
      },
      [state, host],
    );
  await atState('SYN-SENT', 'client');
  assert.match(await told(), /client: CLOSED → SYN-SENT server: CLOSED/);
  await atState('SYN-RECEIVED', 'server');
  assert.match(await told(), /server: LISTEN → SYN-RECEIVED/);
  await atState('ESTABLISHED', 'server');
  assert.match(await told(), /client: SYN-SENT → ESTABLISHED server: SYN-RECEIVED → ESTABLISHED/);
  const filled = await player.evaluate((element) => {
    const { role, kind } = element.states.picture.list;
    return [...kind.keys()].filter((i) => kind[i] === 2 && role[i] === 4).length;
  });
  assert.equal(filled, 1, 'both ends stand in one box');
  await done();
});

test('charts: pointing tells values and lights the packet, a click seeks, the axis zooms', async () => {
  const { page, player, done } = await open('scenario=slow-start-reno&lang=en');
  assert.ok(await visible(player, '.charts'), 'the scenario asks for them');
  const spot = await player.evaluate((element) => {
    const { kind, id, start, points, role } = element.charts.picture.list;
    const i = [...kind.keys()].find((k) => kind[k] === 0 && role[k] === 3 && id[k] >>> 28 === 1);
    const box = element.charts.picture.canvas.getBoundingClientRect();
    return { id: id[i], x: box.left + points[start[i]], y: box.top + (points[start[i] + 1] + points[start[i] + 3]) / 2 };
  });
  await page.mouse.move(spot.x, spot.y);
  await page.waitForTimeout(100);
  // Where bars stand close, the neighbour may be nearer.
  assert.equal((await player.evaluate((element) => element.pointed)) >>> 28, spot.id >>> 28);
  const early = await player.locator('.values').innerText();
  assert.match(early, /cwnd/);
  await page.mouse.click(spot.x, spot.y);
  await player.locator('.inspector').getByText('TCP header').waitFor();
  const before = await player.evaluate((element) => element.charts.sight);
  await player.locator('.charts').getByRole('button', { name: 'Zoom in' }).click();
  const nearer = await player.evaluate((element) => element.charts.sight);
  assert.ok(nearer[1] - nearer[0] < (before[1] - before[0]) * 0.7);
  await player.locator('.charts').getByRole('button', { name: 'Fit' }).click();
  assert.deepEqual(await player.evaluate((element) => element.charts.sight), before);
  // In the middle of the empty upper left corner nothing can be selected: there a click seeks.
  const empty = await player.evaluate((element) => {
    const box = element.charts.picture.canvas.getBoundingClientRect();
    const [x, y, width] = element.charts.panels(element.charts.picture.list)[0];
    return { x: box.left + x + width * 0.12, y: box.top + y + 8 };
  });
  await page.mouse.click(empty.x, empty.y);
  const part = await player.evaluate((element) => {
    const [from, until] = element.charts.sight;
    return (element.charts.now() - from) / (until - from);
  });
  assert.ok(part > 0.08 && part < 0.16, String(part));
  await done();
});

test('a call that returns nothing leaves no arrow behind its line', async () => {
  const { player, done } = await open();
  await player.evaluate((element) => element.seek(element.extent, true));
  const results = await player.locator('.programs .running .result').allTextContents();
  assert.ok(results.length >= 2, results.join());
  for (const result of results) assert.doesNotMatch(result, /^→\s*$/);
  await done();
});

test('a call that fails says so beside its line, in the reader\'s language', async () => {
  const { player, done } = await open('scenario=reset-unread-data&lang=en');
  await player.evaluate((element) => {
    const row = element.core.rows(0, 99, true, 'en').find(({ text }) => text.includes('fails with ECONNRESET'));
    element.seek(row.position, true);
  });
  const results = () => player.locator('.programs.left .running .result').allTextContents();
  assert.deepEqual(await results(), ['→ fails with ECONNRESET']);
  await player.getByRole('button', { name: '中文' }).click();
  assert.deepEqual(await results(), ['→ 失败：ECONNRESET']);
  await done();
});

/** How far the ladder's picture and the states' stand beyond the box that shows them. */
const fitOf = (player) =>
  player.evaluate((element) => {
    const of = (box) => {
      const canvas = box.querySelector('canvas').getBoundingClientRect();
      const { top } = box.getBoundingClientRect();
      return canvas.bottom - top - box.clientHeight;
    };
    return { ladder: of(element.ladder.scroller), states: of(element.states.box) };
  });

for (const name of ['four-way-close', 'three-way-handshake', 'simultaneous-close']) {
  test(`pictures fill the room that they have, also after a question took its part of it: ${name}`, async () => {
    for (const [predict, lang] of [['', 'en'], ['&predict', 'en'], ['&predict', 'zh']]) {
      const { player, done } = await open(`scenario=${name}&lang=${lang}${predict}`, { viewport: { width: 1280, height: 900 } });
      const { ladder, states } = await fitOf(player);
      assert.ok(Math.abs(ladder) <= 1, `the ladder stands ${ladder} px beyond its box`);
      assert.ok(states <= 0, `${predict}: the states stand ${states} px beyond their box`);
      await done();
    }
  });
}

test('in a page of middling width the inspector lies over the figure, and only when there is something to inspect', async () => {
  const { player, done } = await open('scenario=lost-syn&lang=en', { viewport: { width: 830, height: 600 } });
  const room = () => player.evaluate((element) => element.ladder.scroller.clientWidth);
  const before = await room();
  assert.ok(before > 400, `the ladder has ${before} px`);
  assert.equal(await visible(player, '.inspector'), false);
  await player.evaluate((element) => element.select(element.core.rows(0, 1, true, 'en')[0].id));
  assert.equal(await visible(player, '.inspector'), true);
  assert.equal(await room(), before);
  await player.locator('.inspector').getByRole('button', { name: 'Close' }).click();
  assert.equal(await visible(player, '.inspector'), false);
  await done();
});

test('the transcript is reached by keys before its sentences are there, and by them after', async () => {
  const { player, done } = await open('scenario=hello-tcp&lang=en');
  const [before, after] = await player.evaluate((element) => {
    return [new element.transcript.constructor(element), element.transcript].map(({ scroller, body }) => [scroller.getAttribute('tabindex'), body.querySelectorAll('[tabindex="0"]').length]);
  });
  assert.deepEqual([before, after], [['0', 0], [null, 1]]);
  await done();
});

test('where only the inspector is shown, it says on a phone, too, what to do', async () => {
  const { player, done } = await open('scenario=hello-tcp&lang=en&view=inspector', { viewport: { width: 390, height: 844 } });
  assert.ok(await player.locator('.inspector .quiet').first().isVisible());
  await done();
});

test('the views menu shows, hides, and is worked by keys', async () => {
  const { page, player, done } = await open('scenario=hello-tcp&lang=en');
  assert.ok((await visible(player, '.ledger')) && !(await visible(player, '.charts')));
  await page.keyboard.press('v');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  assert.ok(!(await visible(player, '.ledger')), 'bytes are hidden');
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  assert.ok(await visible(player, '.charts'), 'charts are shown');
  await page.keyboard.press('Escape');
  assert.ok(!(await visible(player, '.menu .panel')));
  assert.equal(await player.evaluate((element) => element.shadowRoot.activeElement?.getAttribute('aria-expanded')), 'false');
  await setView(player, 'ladder charts');
  assert.ok((await visible(player, '.ladder')) && (await visible(player, '.charts')));
  for (const hidden of ['.ledger', '.inspector', '.programs.left', '.states']) assert.ok(!(await visible(player, hidden)), hidden);
  await done();
});

test('without the ladder time still runs', async () => {
  const { player, done } = await open('scenario=sack&lang=en&view=charts');
  await setView(player, 'charts');
  await show(player, 'slow-start-reno');
  const [extent, rows] = await player.evaluate((element) => [element.extent, element.rowCount]);
  assert.ok(extent > 100 && rows > 100, `${extent} ${rows}`);
  await player.getByRole('button', { name: 'One event back' }).click();
  assert.ok((await player.evaluate((element) => element.playhead)) < extent);
  await done();
});

test('the picker is searched and walked by keys, and says what each shows', async () => {
  const { page, player, done } = await open('scenario=hello-tcp&lang=en');
  await page.keyboard.press('/');
  const dialog = player.locator('.scenarios:not(.feeds)');
  assert.ok((await dialog.locator('h3').allInnerTexts()).includes('Opening a connection'));
  const [title, look] = await dialog.locator('button[data-name=sack]').evaluate((b) => [...b.children].map((c) => c.textContent));
  assert.ok(title.length > 2 && look.length > 10);
  await page.keyboard.type('time-wait');
  const found = await dialog.locator('button[data-name]').count();
  assert.ok(found >= 1 && found < 12, String(found));
  await page.keyboard.press('ArrowDown');
  const name = await player.evaluate((element) => element.shadowRoot.activeElement.dataset.name);
  await page.keyboard.press('Enter');
  await player.evaluate(async (element, wanted) => {
    for (let i = 0; i < 200 && element.info?.name !== wanted; i++) await new Promise((go) => setTimeout(go, 20));
  }, name);
  assert.equal(await player.getAttribute('scenario'), name);
  await page.keyboard.press('/');
  await page.keyboard.type('no such thing');
  await dialog.getByText('Nothing matches.').waitFor();
  // The first Escape empties the search, the second closes.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  assert.ok(!(await dialog.isVisible()));
  await done();
});

test('inspector: a field lights its bytes and a byte its field', async () => {
  const { page, player, done } = await open('scenario=hello-tcp&lang=en');
  await player.evaluate((element) => {
    const i = element.core.rows(0, 99, true, 'en').find((row) => row.text.startsWith('client sends SYN'));
    element.select(i.id);
  });
  const rows = player.locator('.inspector tr[data-bits]');
  const lit = () => player.locator('.inspector .dump .hex .lit').allInnerTexts();
  await rows.filter({ hasText: 'Destination Port' }).first().hover();
  const port = await lit();
  const value = Number(await rows.filter({ hasText: 'Destination Port' }).first().locator('td').first().innerText());
  assert.equal(Number.parseInt(port.join(''), 16), value);
  await player.locator('.inspector .dump .hex span').nth(22).hover();
  assert.match(await player.locator('.inspector tr.lit').first().innerText(), /Destination Port/);
  await rows.first().focus();
  // What the scrolling brings under the resting pointer lights nothing.
  await page.waitForTimeout(300);
  assert.match(await player.locator('.inspector tr.lit').first().innerText(), /Source Port/);
  await page.keyboard.press('ArrowDown');
  assert.match(await player.locator('.inspector tr.lit').first().innerText(), /Destination Port/);
  const text = await player.locator('.inspector').innerText();
  assert.match(text, /Maximum Segment Size\s+1460\s+the largest segment it takes/);
  assert.match(text, /Why it was sent[\s\S]*RFC 9293/);
  assert.match(text, /the numbering begins here/);
  await done();
});

test('print is a clean figure: title, drawings, no controls', async () => {
  const { page, player, done } = await open('scenario=three-way-handshake&lang=en', { colorScheme: 'dark' });
  await page.emulateMedia({ media: 'print' });
  await player.locator('.printed svg').first().waitFor();
  assert.ok(!(await visible(player, '.controls')) && !(await visible(player, 'header')));
  const names = await player.locator('.printed h2').allInnerTexts();
  assert.deepEqual(names, ['Ladder', 'Bytes', 'States']);
  const text = await player.locator('.printed').innerText();
  assert.ok(text.includes('handshake'));
  assert.ok((await player.locator('.printed svg text').allTextContents()).some((t) => t.startsWith('SYN')));
  const pdf = await page.pdf();
  assert.ok(pdf.length > 10_000);
  await page.emulateMedia({ media: 'screen' });
  await player.locator('.printed svg').first().waitFor({ state: 'detached' });
  await done();
});

test('presentation mode makes everything half as large again and Escape ends it', async () => {
  const { page, player, done } = await open('scenario=hello-tcp&lang=en');
  const size = () =>
    player.evaluate((element) => {
      const { canvas, list } = element.ladder.picture;
      return canvas.getBoundingClientRect().width / list.width;
    });
  assert.ok(Math.abs((await size()) - 1) < 0.01);
  await page.keyboard.press('p');
  await page.waitForTimeout(300);
  assert.ok(Math.abs((await size()) - 1.5) < 0.02, String(await size()));
  assert.ok(await player.evaluate((element) => element.presenting));
  await player.evaluate((element) => element.setPresenting(false));
  await page.waitForTimeout(200);
  assert.ok(Math.abs((await size()) - 1) < 0.01);
  await done();
});

test('at 320 px nothing leaves the screen, and every view can be reached', async () => {
  const { page, player, done } = await open('scenario=slow-start-reno&lang=zh', { viewport: { width: 320, height: 640 } });
  await setView(player, ALL);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  for (const view of ['.ladder', '.ledger', '.states', '.charts']) {
    const box = await player.locator(view).boundingBox();
    assert.ok(box && box.x >= 0 && box.x + box.width <= 320.5, `${view}: ${JSON.stringify(box)}`);
    assert.ok(box.height > 100, view);
  }
  assert.deepEqual(await axeFindings(page), []);
  await done();
});
