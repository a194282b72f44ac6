// Prints one number a line, as run.mjs does, with the browser's compiler instead of Node's.
// node chromium.mjs MODULE bulk EXPORT SEGMENTS LOSS ROUNDS: the nanoseconds a segment of each round, by that function.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { instantiate } from "./instantiate.mjs";

// The bench shows the last line of what stands on standard error.
process.on("uncaughtException", (error) => {
  console.error(error.message.split("\n")[0]);
  process.exit(1);
});
const require = createRequire(new URL("../../../tests/browser/", import.meta.url));
const { chromium } = playwright();

const [, , file, , name, segments, loss, rounds] = process.argv;
const executablePath = process.env.FRAMEWIRE_CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  const octets = `Uint8Array.from(atob("${readFileSync(file).toString("base64")}"), (c) => c.charCodeAt(0))`;
  const exports = await page.evaluateHandle(`(${instantiate})(${octets})`);
  const transfer = (...rest) => page.evaluate(timed, [exports, name, ...rest]);
  // The compiler's better code comes while the first rounds run.
  for (const until = Date.now() + 1500; Date.now() < until; ) await transfer(10_000, Number(loss), 0);
  const clock = await processorClock(browser);
  for (let round = 0; round < Number(rounds); round++) {
    const start = clock?.();
    const wall = await transfer(Number(segments), Number(loss), round);
    console.log((clock ? clock() - start : wall) / Number(segments));
  }
} finally {
  await browser.close();
}

function playwright() {
  try {
    return require("playwright-core");
  } catch {
    throw new Error('no playwright-core: `cargo xtask test --only "test packages"` installs it');
  }
}

// In the page: runs an export and returns the nanoseconds on the wall.
function timed([exports, name, ...rest]) {
  const start = performance.now();
  exports[name](...rest);
  return (performance.now() - start) * 1e6;
}

// Nanoseconds of the processor that the page's thread has had, where the system tells (Linux): what others do on the machine does
// not count.
async function processorClock(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const busiest = processInfo.filter(({ type }) => type === "renderer").sort((a, b) => b.cpuTime - a.cpuTime)[0];
  const clock = () => Number(readFileSync(`/proc/${busiest.id}/task/${busiest.id}/schedstat`, "utf8").split(" ")[0]);
  try {
    clock();
    return clock;
  } catch {
    return undefined;
  }
}
