// How fast the page is, measured so that a machine that does other work, too, tells the same: the time that the page's main thread
// works (in CPU time, as Chromium counts it for the tasks of that thread), beside what a fixed piece of work takes just then.

/** A phone is a machine whose processor is this many times slower than today's. Its work is measured as this many times ours:
 * Chromium's own throttling lets a second thread stop the first by the clock, which took 5.5 to 9 times as long instead of 4. */
export const PHONE = 4;

/** What `pace` takes on a machine on which the limits hold as they stand: one of today that does little else. On a slower one they are
 * as much wider as it is slower; on a quicker one they stay. */
const PACE_MS = 90;

/** How many times something is measured at most until it holds; whatever else the machine does can only add to the work. */
const TRIES = 20;

/** After so many tries there is a rest before each: what else the machine does may end. */
const [EAGER, REST_MS] = [4, 1500];

/** Counts the main thread's work. @param {import('playwright-core').Page} page */
export async function meter(page) {
  const client = await page.context().newCDPSession(page);
  await client.send('Performance.enable', { timeDomain: 'threadTicks' });
  return {
    /** Waits for a promise in the page. @param {string} expression */
    wait: (expression) => client.send('Runtime.evaluate', { expression, awaitPromise: true }),
    /** Milliseconds of work since the page began. */
    async work() {
      const { metrics } = await client.send('Performance.getMetrics');
      return 1000 * (metrics.find((metric) => metric.name === 'TaskDuration')?.value ?? NaN);
    },
  };
}

/**
 * How much slower than PACE_MS the machine is just now, by a fixed piece of work as a page does it: scripts, elements, style and
 * layout. Machines that test others' work, too, differ by half and more.
 * @param {import('playwright-core').Browser} browser
 */
async function pace(browser) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  const { work } = await meter(page);
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

/**
 * Measures until it takes less than `limit` on a machine of the usual pace, or often enough to say that it does not.
 * @param {import('playwright-core').Browser} browser
 * @param {number} limit in milliseconds of work
 * @param {() => Promise<number>} measure answers milliseconds of work
 * @returns {Promise<{ holds: boolean, told: string }>} `told` lists what was measured, and how slow the machine was each time
 */
export async function within(browser, limit, measure) {
  const tries = [];
  for (let i = 0; i < TRIES; i++) {
    if (i >= EAGER) await new Promise((go) => setTimeout(go, REST_MS));
    const before = await pace(browser);
    const took = await measure();
    const slower = (before + (await pace(browser))) / 2;
    tries.push(`${took.toFixed(1)} ms on a machine ${slower.toFixed(2)} times slower`);
    if (took / slower < limit) return { holds: true, told: tries.join(', ') };
  }
  return { holds: false, told: `${tries.join(', ')}; ${limit} ms wanted` };
}

/**
 * Of work that is the same each time the least of each piece: whatever else the machine does can only add to it.
 * @returns {(name: string, work: number[]) => number[]}
 */
export function leasts() {
  /** @type {Record<string, number[]>} */
  const least = {};
  return (name, work) => (least[name] = work.map((ms, i) => Math.min(ms, least[name]?.[i] ?? Infinity)));
}

/** The 95th percentile. @param {number[]} values */
export const p95 = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.95)];
