// The C core's WebAssembly module, opened in Node, for the scripts beside this one.
import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

/** The module's exports. */
export async function openCore(modulePath) {
  const wasi = new WASI({ version: "preview1" });
  const { instance } = await WebAssembly.instantiate(readFileSync(modulePath), wasi.getImportObject());
  wasi.initialize(instance);
  return instance.exports;
}

/** Puts bytes into the module's memory, and returns their address; malloc gives a place even to none. */
export function putInto(core, bytes) {
  const at = core.malloc(bytes.length + 1);
  new Uint8Array(core.memory.buffer).set(bytes, at);
  return at;
}
