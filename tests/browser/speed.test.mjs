// How fast the page is. Asserted is the time that the page's main thread works (in CPU time, as Chromium counts it for the tasks of
// that thread), so that whatever else this machine does meanwhile does not count; with a CPU throttled to a quarter, as a phone.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { host } from './host.mjs';
import { base, close, launch, open } from './page.mjs';

const folder = mkdtempSync(join(tmpdir(), 'framewire-speed-'));

after(async () => {
  await close();
  rmSync(folder, { recursive: true });
});

/** Counts the main thread's work. @param {import('playwright-core').Page} page */
async function meter(page) {
  const client = await page.context().newCDPSession(page);
  await client.send('Performance.enable', { timeDomain: 'threadTicks' });
  return {
    /** @param {number} rate */
    throttle: (rate) => client.send('Emulation.setCPUThrottlingRate', { rate }),
    /** Waits for a promise in the page. @param {string} expression */
    wait: (expression) => client.send('Runtime.evaluate', { expression, awaitPromise: true }),
    /** Milliseconds of work since the page began. */
    async work() {
      const { metrics } = await client.send('Performance.getMetrics');
      return 1000 * (metrics.find((metric) => metric.name === 'TaskDuration')?.value ?? NaN);
    },
  };
}

/** How soon the page as it is published is usable, in milliseconds of work, on a machine of the pace below. */
const USABLE_MS = 1000;

/** Answers when the first figure is there and painted. Asked of the browser itself: what looks for an element on a test's behalf is a
 * script of its own in the page, and took a fifth of what is measured. */
const FIRST_FIGURE = `new Promise((go) => {
  const player = document.querySelector('framewire-player');
  const look = () => player.dataset.state === 'ready' && (watch.disconnect(), requestAnimationFrame(() => setTimeout(go)));
  const watch = new MutationObserver(look);
  watch.observe(player, { attributes: true });
  look();
})`;

/** What `pace` takes on a machine on which the limits hold as they stand: one of today that does little else. On a slower one they are
 * as much wider as it is slower; on a quicker one they stay. */
const PACE_MS = 450;

/** How many times something is measured at most until it holds; whatever else the machine does can only add to the work. */
const TRIES = 10;

/**
 * How much slower than PACE_MS the machine is just now, by a fixed piece of work as a page does it, throttled like the page: scripts,
 * elements, style and layout. Machines that test others' work, too, differ by half.
 * @param {import('playwright-core').Browser} browser
 */
async function pace(browser) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  const { throttle, work } = await meter(page);
  await throttle(4);
  const before = await work();
  await page.evaluate(async () => {
    for (let round = 0; round < 6; round++) {
      const list = document.createElement('ol');
      for (let i = 0; i < 150; i++) {
        const item = document.createElement('li');
        item.textContent = JSON.stringify(JSON.parse(`{"n":${i},"square":${i * i},"text":"segment ${i} of ${round}"}`));
        list.append(item);
      }
      document.body.replaceChildren(list);
      if (list.offsetHeight < 1) throw new Error('nothing was laid out');
      let sum = 0;
      for (let i = 0; i < 1e6; i++) sum = (sum * 31 + i) | 0;
      list.dataset.sum = String(sum);
      await new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
    }
  });
  const took = (await work()) - before;
  await context.close();
  return Math.max(1, took / PACE_MS);
}

/** @param {{ took: number, slower: number }} measured */
const telling = ({ took, slower }) => `${took.toFixed(1)} ms on a machine ${slower.toFixed(2)} times slower`;

test('usable soon on a CPU four times slower', { timeout: 120_000 }, async () => {
  const tries = [];
  const site = await host(process.env.FRAMEWIRE_SITE ?? assert.fail('FRAMEWIRE_SITE names the folder of the site'));
  const browser = await launch();
  for (let i = 0; i < TRIES && !tries.some(({ took, slower }) => took / slower < USABLE_MS); i++) {
    const paceBefore = await pace(browser);
    const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    const { throttle, work, wait } = await meter(page);
    await throttle(4);
    const before = await work();
    await page.goto(`${site.url}/#scenario=hello-tcp&lang=en`);
    await wait(FIRST_FIGURE);
    const took = (await work()) - before;
    await context.close();
    tries.push({ took, slower: (paceBefore + (await pace(browser))) / 2 });
  }
  site.close();
  const told = tries.map(telling).join(', ');
  console.log(`usable after ${told}, throttled to a quarter`);
  assert.ok(tries.some(({ took, slower }) => took / slower < USABLE_MS), told);
});

/** What a built-in scenario may take to run in the page, in milliseconds, unthrottled. */
const RUN_MS = 5;

test('every built-in scenario runs in the page in under five milliseconds', { timeout: 120_000 }, async () => {
  const { page, done } = await open();
  const runs = await page.evaluate(async ([glue, wanted]) => {
    const { Lab, scenarioNames } = await import(glue);
    /** @type {[string, number, number][]} */
    const runs = [];
    for (const name of scenarioNames()) {
      let [ran, made] = [Infinity, Infinity];
      // The first rounds compile; whatever else the machine does can only add to the others.
      for (let round = 0; round < 5 || (ran >= wanted && round < 200); round++) {
        const begun = performance.now();
        const lab = Lab.builtin(name, 'en');
        const work = lab.start('en');
        while (work.advance(1000));
        ran = Math.min(ran, performance.now() - begun);
        const run = work.finish();
        made = Math.min(made, performance.now() - begun);
        run.free();
        lab.free();
      }
      runs.push([name, ran, made]);
    }
    return runs;
  }, /** @type {const} */ ([`${base}/pkg/framewire.js`, RUN_MS]));
  runs.sort((a, b) => b[1] - a[1]);
  for (const [name, ran, made] of runs.slice(0, 3)) console.log(`${name} runs in ${ran.toFixed(1)} ms, and is ready to draw after ${made.toFixed(1)}`);
  assert.ok(runs.length > 40, String(runs.length));
  assert.deepEqual(runs.filter(([, ran]) => ran >= RUN_MS), []);
  await done();
});

/** Work for one key in an editor, throttled to a quarter, in milliseconds; a third of it is this test's own asking. It may only go down. */
const KEY_MS = 250;

test('typing in an editor never stalls', { timeout: 120_000 }, async () => {
  const { page, player, done } = await open('scenario=framed-echo&lang=en');
  await page.keyboard.press('x');
  await player.getByRole('button', { name: 'Edit…' }).click();
  const text = player.locator('dialog.editor textarea');
  await text.evaluate((field) => field.setSelectionRange(field.value.length / 2, field.value.length / 2));
  const { throttle, work } = await meter(page);
  await throttle(4);
  const keys = [];
  // What is checked while the hand rests counts, too: it keeps the next key waiting.
  for (const key of ['a', 'b', '"', '{', 'Enter', ...'framing bytes', 'Backspace', 'Enter', ...'0123456789']) {
    const before = await work();
    await page.keyboard.press(key);
    await page.waitForTimeout(keys.length % 5 === 4 ? 500 : 0);
    await page.evaluate(() => new Promise((go) => requestAnimationFrame(() => setTimeout(go))));
    keys.push((await work()) - before);
  }
  console.log(`a key costs ${p95(keys).toFixed(1)} ms of work (p95), ${Math.max(...keys).toFixed(1)} at most, throttled to a quarter`);
  assert.ok(p95(keys) < KEY_MS, `${keys.map((ms) => ms.toFixed(0))}`);
  assert.ok(Math.max(...keys) < 2 * KEY_MS, `${keys.map((ms) => ms.toFixed(0))}`);
  assert.match(await text.inputValue(), /framing byte\n0123456789/);
  await done();
});

/** The scenario of a bulk transfer. @param {object} data @param {string} buffer @param {object} network */
function transfer(data, buffer, network) {
  const socket = { do: 'socket' };
  const client = [socket, { do: 'connect', to: 'server:8000' }, { do: 'sendall', data }, { do: 'close' }];
  const read = { do: 'loop', body: [{ do: 'recv', n: 65536 }, { do: 'break', when: 'eof' }] };
  const server = [socket, { do: 'bind', port: 8000 }, { do: 'listen' }, { do: 'accept' }, read, { do: 'close' }, { do: 'close', socket: 's' }];
  return {
    framewire: 1,
    name: 'bulk',
    title: { en: 'Bulk', zh: '大量数据' },
    tcp: { preset: 'linux', isn: 0, send_buffer: buffer, receive_buffer: buffer },
    hosts: [
      { name: 'client', programs: [{ steps: client }] },
      { name: 'server', programs: [{ steps: server }] },
    ],
    network,
  };
}

/** A hundred thousand segments: a bulk transfer in small ones, some of them lost. */
function bulk() {
  const network = { latency: '5ms', rate: '50Mbit/s', mtu: 140, queue: { packets: 60 }, loss: '0.1%' };
  const scenario = transfer({ text: 'x', times: 6_800_000 }, '1MB', network);
  const [source, trace] = [join(folder, 'bulk.json'), join(folder, 'bulk.fwtrace')];
  writeFileSync(source, JSON.stringify(scenario));
  execFileSync(process.env.FRAMEWIRE_BIN ?? 'framewire', ['sim', source, '--out', trace, '--quiet'], { stdio: 'ignore' });
  return trace;
}

/** @type {string | undefined} */
let recording;

/** Opens the hundred thousand segments. */
async function openBulk() {
  recording ??= process.env.FRAMEWIRE_BULK ?? bulk();
  const shown = await open();
  await shown.player.evaluate((element) => element.addEventListener('loadeddata', () => (globalThis.opened = true), { once: true }));
  await shown.player.locator('header input[type=file]').setInputFiles(recording);
  // The page's policy forbids what waitForFunction would evaluate; a call that is not answered ends with the test's time.
  while (!(await shown.player.evaluate(() => globalThis.opened))) await new Promise((go) => setTimeout(go, 100));
  return shown;
}

/** What a run of 100,000 whole segments with 1% loss may take until it is ready to draw, in milliseconds of work, on a machine of the
 * pace above. */
const BULK_MS = 300;

test('100,000 segments are run and ready to draw soon', { timeout: 300_000 }, async () => {
  const network = { latency: '10ms', rate: '100Mbit/s', loss: '1%' };
  const json = JSON.stringify(transfer({ text: '0123456789abcdef', times: 9_050_000 }, '4MB', network));
  const { page, done } = await open();
  const browser = page.context().browser() ?? assert.fail('the page has a browser');
  const { work } = await meter(page);
  /** @type {{ took: number, slower: number }[]} */
  const tries = [];
  // The first takes longer: the browser compiles as it goes, and the memory is new.
  while (tries.length < TRIES && !tries.some(({ took, slower }) => took / slower < BULK_MS)) {
    const paceBefore = await pace(browser);
    const before = await work();
    const packets = await page.evaluate(async ([glue, json]) => {
      const { Lab } = await import(glue);
      const lab = Lab.open(json, 'en');
      const run = lab.start('en');
      while (run.advance(20_000));
      const core = run.finish();
      const { packets } = core.about();
      core.free();
      lab.free();
      return packets;
    }, /** @type {const} */ ([`${base}/pkg/framewire.js`, json]));
    const took = (await work()) - before;
    assert.ok(packets > 100_000, `${packets} packets`);
    tries.push({ took, slower: (paceBefore + (await pace(browser))) / 2 });
  }
  const told = `run and ready to draw in ${tries.map(telling).join(', ')}`;
  console.log(told);
  assert.ok(tries.some(({ took, slower }) => took / slower < BULK_MS), told);
  await done();
});

test('a trace of 100,000 segments opens in seconds', { timeout: 120_000 }, async () => {
  const { player, done } = await openBulk();
  assert.ok((await player.evaluate((element) => element.about.packets)) > 100_000);
  await done();
});

test('sentences wait until the hand rests, however long a frame takes', { timeout: 120_000 }, async () => {
  const { player, done } = await open('scenario=slow-start-reno&lang=en');
  const filled = await player.evaluate(async (element) => {
    let filled = 0;
    new MutationObserver(() => filled++).observe(element.transcript.body, { childList: true });
    for (let i = 0; i < 8; i++) {
      element.seek(element.extent * (i % 2 ? 0.9 : 0.1), true);
      await new Promise((go) =>
        requestAnimationFrame((begun) => {
          while (performance.now() < begun + 350);
          setTimeout(go, 20);
        }),
      );
    }
    return filled;
  });
  assert.ok(filled <= 1, `filled ${filled} times`);
  // Once it rests they are there.
  const there = () => player.evaluate(({ core, playhead, transcript }) => transcript.has(core.rowsUntil(playhead) - 1) || transcript.current + 1 === core.rowsUntil(playhead));
  while (!(await there())) await new Promise((go) => setTimeout(go, 50));
  assert.ok(await player.locator('.transcript tr[aria-current]').count());
  await done();
});

/** @param {number[]} values */
const p95 = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.95)];

/** What a frame may take while the playhead is dragged, in milliseconds of work, plain and throttled to a quarter, on a machine of
 * the pace above: sixty frames a second, and twenty. */
const [SCRUB_MS, SCRUB_SLOW_MS] = [16.7, 50];

test('scrubbing a trace of 100,000 segments at sixty frames a second', { timeout: 400_000 }, async () => {
  const { page, player, done } = await openBulk();
  const browser = page.context().browser() ?? assert.fail('the page has a browser');
  const { throttle, work } = await meter(page);
  /** The work of each of `count` frames while the playhead is dragged from end to end, or stays. @param {number} count @param {boolean} [still] */
  const frames = async (count, still = false) => {
    const all = [];
    for (let i = 0; i < count; i++) {
      const before = await work();
      await player.evaluate(
        (element, part) => new Promise((go) => (part < 0 || element.seek(part * element.extent, true), requestAnimationFrame(() => setTimeout(go)))),
        still ? -1 : (i + 0.5) / count,
      );
      all.push((await work()) - before);
    }
    return all;
  };
  /**
   * The 95th percentile without what an empty frame costs, which is this test's own asking, beside how much slower the machine was; as
   * often as it takes to hold. The frames are the same each time, and of each its least counts: whatever else the machine does can only
   * add to it. @param {number} count @param {number} rate @param {number} limit
   */
  const scrub = async (count, rate, limit) => {
    /** @type {{ took: number, slower: number }[]} */
    const tries = [];
    const least = new Array(count).fill(Infinity);
    while (tries.length < TRIES && !tries.some(({ took, slower }) => took / slower < limit)) {
      const before = await pace(browser);
      await throttle(rate);
      const empty = (await frames(15, true)).sort((a, b) => a - b)[7];
      for (const [i, ms] of (await frames(count)).entries()) least[i] = Math.min(least[i], ms);
      const took = p95(least) - empty;
      await throttle(1);
      tries.push({ took, slower: (before + (await pace(browser))) / 2 });
    }
    return tries;
  };
  for (const [what, zoom] of /** @type {const} */ ([['line by line', 1], ['from far away', 1e-9]])) {
    await player.evaluate((element, factor) => element.ladder.zoomBy(factor), zoom);
    await frames(20);
    for (const [how, count, rate, limit] of /** @type {const} */ ([['', 60, 1, SCRUB_MS], [', throttled to a quarter', 40, 4, SCRUB_SLOW_MS]])) {
      const tries = await scrub(count, rate, limit);
      const told = `${what}${how}: a frame takes (p95) ${tries.map(telling).join(', ')}`;
      console.log(told);
      assert.ok(tries.some(({ took, slower }) => took / slower < limit), told);
    }
    await player.evaluate((element) => element.ladder.fit());
  }
  // Losses are never hidden: from far away each still has its cross, or shares one with its neighbours.
  await player.evaluate((element) => element.ladder.zoomBy(1e-9));
  const crosses = await player.evaluate((element) => element.ladder.picture.list.kind.filter((kind) => kind === 5).length);
  assert.ok(crosses > 10, String(crosses));
  await done();
});
