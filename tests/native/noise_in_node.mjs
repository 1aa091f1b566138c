// node noise_in_node.mjs MODULE IMAGE NOISE KERNEL: gives the C core in WebAssembly noise as image, text, piece, state and ids.
import { readFileSync } from "node:fs";
import { openCore, putInto } from "./core_in_node.mjs";

const [modulePath, imagePath, noisePath, kernelName] = process.argv.slice(2);
const core = await openCore(modulePath);
const put = (bytes) => putInto(core, bytes);

const MAGIC = 6, BAD_UTF8 = 14, BAD_ID = 15, STATE_DAMAGED = 20;
const view = () => new DataView(core.memory.buffer);
const image = readFileSync(imagePath);
const noise = readFileSync(noisePath);
const kernel = put(new TextEncoder().encode(`${kernelName}\0`));
const out = core.malloc(8);

/** Ends with an error where a status is another one. */
function expect(name, status, wanted) {
  if (status !== wanted) throw new Error(`${name}: status ${status}, not ${wanted}`);
}
/** The pointer that a function left behind. */
const opened = (name, status) => (expect(name, status, 0), view().getUint32(out, true));

expect("image", core.tg_open(put(noise), noise.length, kernel, out), MAGIC);
const model = opened("open", core.tg_open(put(image), image.length, kernel, out));
const worker = opened("worker", core.tg_worker_open(model, out));
const stream = opened("stream", core.tg_stream_open(model, out));
const [offsets, logits, handle, tokens] = [8 * 8192, 8 * 8192, 4, 8 * 8192].map((size) => core.malloc(size));
const setOffsets = (step, count) => {
  for (let i = 0; i <= count; i++) view().setBigInt64(offsets + 8 * i, BigInt(i * step), true);
};
const bytes = put(noise);
setOffsets(noise.length, 1);
expect("text", core.tg_run_texts(worker, bytes, offsets, 1, logits, tokens), BAD_UTF8);
expect("encode", core.tg_encode(worker, bytes, noise.length, core.malloc(4 * 65536), out), BAD_UTF8);
view().setUint32(handle, stream, true);
expect("piece", core.tg_stream_push(worker, handle, bytes, offsets, 1), BAD_UTF8);
expect("state", core.tg_stream_resume(model, bytes, noise.length, out), STATE_DAMAGED);
setOffsets(40, 600);
expect("ids", core.tg_run_ids(worker, bytes, offsets, 600, logits), BAD_ID);
expect("goldens", core.tg_check(worker, out), 0);
console.log("refused");
