// node equal_in_node.mjs MODULE IMAGE CASES KERNEL [MOST]: tests/equal.c of the C core, in WebAssembly and without threads.
import { readFileSync } from "node:fs";
import { openCore, putInto } from "./core_in_node.mjs";

const [modulePath, imagePath, casesPath, kernelName, most = "0"] = process.argv.slice(2);
const core = await openCore(modulePath);
const put = (bytes) => putInto(core, bytes);

const out = core.malloc(8);
const opened = (status) => {
  if (status) throw new Error(`status ${status}`);
  return new DataView(core.memory.buffer).getUint32(out, true);
};
const image = readFileSync(imagePath);
const model = opened(core.tg_open(put(image), image.length, put(new TextEncoder().encode(`${kernelName}\0`)), out));
const worker = opened(core.tg_worker_open(model, out));
opened(core.tg_check(worker, out));

const cases = readFileSync(casesPath);
const [rows, outputs] = [cases.readUInt32LE(0), cases.readUInt32LE(4)];
const logitsAt = 8 + 8 * (rows + 1);
const idsAt = logitsAt + 8 * rows * outputs;
const [offsets, ids, logits] = [put(cases.subarray(8, logitsAt)), put(cases.subarray(idsAt)), core.malloc(8 * rows * outputs)];
const expected = cases.subarray(logitsAt, idsAt);

/** Throws where the first count rows have other logits than expected. */
function check(count) {
  const status = core.tg_run_ids(worker, ids, offsets, count, logits);
  const size = 8 * count * outputs;
  const found = Buffer.from(core.memory.buffer, logits, size);
  if (status || found.compare(expected, 0, size)) throw new Error(`the first ${count} rows differ, status ${status}`);
}

check(rows);
for (let count = 1; count <= Math.min(rows, Number(most)); count++) check(count);
console.log("equal");
