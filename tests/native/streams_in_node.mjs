// node streams_in_node.mjs MODULE IMAGE GOLDENS KERNEL: reads the shared streams in WebAssembly, prints what differs.
import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { openCore, putInto } from "./core_in_node.mjs";

const [modulePath, imagePath, goldensPath, kernelName] = process.argv.slice(2);
const core = await openCore(modulePath);
const put = (bytes) => putInto(core, bytes);

const view = () => new DataView(core.memory.buffer);
const out = core.malloc(8);
const opened = (status) => {
  if (status) throw new Error(`status ${status}`);
  return view().getUint32(out, true);
};
const encoder = new TextEncoder();
const image = readFileSync(imagePath);
const model = opened(core.tg_open(put(image), image.length, put(encoder.encode(`${kernelName}\0`)), out));
const worker = opened(core.tg_worker_open(model, out));
const [handle, offsets, logits, tokens] = [4, 16, 8, 8].map((size) => core.malloc(size));

function push(stream, piece) {
  const bytes = encoder.encode(piece);
  view().setUint32(handle, stream, true);
  view().setBigInt64(offsets, 0n, true);
  view().setBigInt64(offsets + 8, BigInt(bytes.length), true);
  if (core.tg_stream_push(worker, handle, put(bytes), offsets, 1)) throw new Error("push");
}

function answer(stream, waiting) {
  view().setUint32(handle, stream, true);
  if (core.tg_stream_logits(worker, handle, 1, waiting, logits, tokens)) throw new Error("logits");
  return view().getBigUint64(logits, true).toString(16).padStart(16, "0");
}

function saved(stream) {
  const size = core.tg_stream_state_size(stream);
  const at = core.malloc(size);
  if (core.tg_stream_state(stream, at, size)) throw new Error("state");
  return new Uint8Array(core.memory.buffer).slice(at, at + size);
}

const goldens = JSON.parse(readFileSync(goldensPath, "ascii"));
for (const [name, golden] of Object.entries(goldens)) {
  let stream = opened(core.tg_stream_open(model, out));
  for (const step of golden.steps) {
    push(stream, step.piece);
    const state = saved(stream);
    const found = [answer(stream, 1), view().getBigUint64(tokens, true), answer(stream, 0)];
    found.push(createHash("sha256").update(state).digest("hex"));
    const expected = [step.waiting[0], BigInt(step.tokens), step.settled[0], step.state];
    if (found.some((value, place) => value !== expected[place])) console.log(name, step.piece, found, expected);
    core.tg_stream_close(stream);
    stream = opened(core.tg_stream_resume(model, put(state), state.length, out));
  }
}
console.log("read");
