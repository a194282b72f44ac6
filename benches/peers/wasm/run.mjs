// node run.mjs MODULE SEGMENTS LOSS ROUNDS: prints the nanoseconds a segment of each round, one a line.
import { readFileSync } from "node:fs";

const [, , file, segments, loss, rounds] = process.argv;
const module = new WebAssembly.Module(readFileSync(file));
// The library brings the page's bindings along; the transfer calls none of them.
const imports = {};
for (const { module: from, name } of WebAssembly.Module.imports(module)) {
  imports[from] ??= {};
  imports[from][name] = () => {
    throw new Error(`${name} is not there`);
  };
}
const { exports } = new WebAssembly.Instance(module, imports);
exports.bulk_transfer(1000, Number(loss), 0); // so that the compiler has had its time
for (let round = 0; round < Number(rounds); round++) {
  const start = process.cpuUsage();
  exports.bulk_transfer(Number(segments), Number(loss), round);
  const { user, system } = process.cpuUsage(start);
  console.log(((user + system) * 1000) / Number(segments));
}
