// node check_in_node.mjs MODULE IMAGE KERNEL: opens the image in WebAssembly, answers its golden texts, prints the status.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const [modulePath, imagePath, kernelName] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1" });
const { instance } = await WebAssembly.instantiate(readFileSync(modulePath), wasi.getImportObject());
wasi.initialize(instance);
const { memory, malloc, tg_open, tg_worker_open, tg_check } = instance.exports;

/** Puts bytes into the module's memory, and returns their address. */
function put(bytes) {
  const at = malloc(bytes.length);
  new Uint8Array(memory.buffer).set(bytes, at);
  return at;
}

/** The pointer that a function left at an address. */
const pointer = (at) => new DataView(memory.buffer).getUint32(at, true);

const image = readFileSync(imagePath);
const out = malloc(8);
let status = tg_open(put(image), image.length, put(new TextEncoder().encode(`${kernelName}\0`)), out);
if (!status) status = tg_worker_open(pointer(out), out);
if (!status) status = tg_check(pointer(out), malloc(8));
console.log(status);
