// node check_in_node.mjs MODULE IMAGE KERNEL: opens the image in WebAssembly, answers its golden texts, prints the status.
import { readFileSync } from "node:fs";
import { openCore, putInto } from "./core_in_node.mjs";

const [modulePath, imagePath, kernelName] = process.argv.slice(2);
const core = await openCore(modulePath);
const { memory, malloc, tg_open, tg_worker_open, tg_check } = core;
const put = (bytes) => putInto(core, bytes);

/** The pointer that a function left at an address. */
const pointer = (at) => new DataView(memory.buffer).getUint32(at, true);

const image = readFileSync(imagePath);
const out = malloc(8);
let status = tg_open(put(image), image.length, put(new TextEncoder().encode(`${kernelName}\0`)), out);
if (!status) status = tg_worker_open(pointer(out), out);
if (!status) status = tg_check(pointer(out), malloc(8));
console.log(status);
