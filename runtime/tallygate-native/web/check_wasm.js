// Before `npm pack`: the package holds the WebAssembly, which compiling.py makes, and the types, which tsc makes.
import { existsSync } from "node:fs";

const mends = {
  "wasm/simd128.js": "python ../compiling.py wasm",
  "wasm/scalar.js": "python ../compiling.py wasm",
  "types/tallygate.d.ts": "npm run types",
};
for (const [file, mend] of Object.entries(mends)) {
  if (existsSync(new URL(file, import.meta.url))) continue;
  console.error(`${file}: is missing; run: ${mend}`);
  process.exitCode = 1;
}
