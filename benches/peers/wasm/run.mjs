// Prints one number a line.
// node run.mjs MODULE bulk EXPORT SEGMENTS LOSS ROUNDS: the processor's nanoseconds a segment of each round, by that function.
// node run.mjs MODULE frames ROW SIZE ROUNDS: the nanoseconds a message of each round.
import { readFileSync } from "node:fs";
import { instantiate } from "./instantiate.mjs";

const [, , file, what, ...numbers] = process.argv;
const exports = await instantiate(readFileSync(file));
const nanoseconds = () => Number(process.hrtime.bigint());

// The compiler's better code comes while the first rounds run. Returns the nanoseconds of the shortest.
function warmUp(nanos, run) {
  let shortest = Infinity;
  for (const until = nanoseconds() + nanos; nanoseconds() < until; ) {
    const start = nanoseconds();
    run();
    shortest = Math.min(shortest, nanoseconds() - start);
  }
  return shortest;
}

function bulk(name, segments, loss, rounds) {
  const transfer = exports[name];
  warmUp(5e8, () => transfer(10_000, loss, 0));
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    transfer(segments, loss, round);
    const { user, system } = process.cpuUsage(start);
    console.log(((user + system) * 1000) / segments);
  }
}

function frames(row, size, rounds) {
  const messages = exports.frames_prepare(row, size);
  const once = warmUp(2e8, () => exports.frames_run(1));
  const times = Math.max(1, Math.round(3e5 / once)); // as long as a round of the native bench
  for (let round = 0; round < rounds; round++) {
    const start = nanoseconds();
    exports.frames_run(times);
    console.log((nanoseconds() - start) / times / messages);
  }
}

const values = numbers.map((value) => (Number.isNaN(Number(value)) ? value : Number(value)));
({ bulk, frames })[what](...values);
