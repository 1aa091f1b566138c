// From the bytes of an image to a classifier that was asked its golden texts.

import { Classifier } from "./classifier.js";
import { Core } from "./core.js";
import { TallygateError } from "./errors.js";
import { bytesOf } from "./text.js";

/**
 * @typedef {object} LoadOptions
 * @property {string} [kernel] "simd128" or "scalar"; by default the best one that runs here
 * @property {ArrayBuffer | ArrayBufferView} [wasm] the C core, for pages that bring it along; by default the one of this package
 */

/** The smallest module with a SIMD128 instruction: valid where the engine has them. */
const SIMD128_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);
const KERNELS = ["simd128", "scalar"];

/** Whether this engine runs SIMD128. */
export function hasSimd128() {
  return WebAssembly.validate(SIMD128_PROBE);
}

/**
 * Opens a device image (`model.integer.bin` of a bundle) and asks it every golden text that it holds.
 *
 * Throws a {@link TallygateError} where it is no image, is damaged or altered, or answers otherwise than at export.
 *
 * @param {ArrayBuffer | ArrayBufferView} image
 * @param {LoadOptions} [options]
 * @returns {Promise<Classifier>}
 */
export async function load(image, options = {}) {
  const kernel = options.kernel ?? (hasSimd128() ? "simd128" : "scalar");
  if (!KERNELS.includes(kernel)) {
    throw new TallygateError(`kernel ${kernel}`, "there is no kernel of this name", `choose one of: ${KERNELS.join(", ")}`);
  }
  const bytes = bytesOf(image);
  if (!bytes) throw new TallygateError("the image", "is neither an ArrayBuffer nor a view of one", "pass the bytes of model.integer.bin");
  const core = await Core.start(options.wasm ?? (await wasmFor(kernel)));
  const classifier = new Classifier(core, bytes, kernel);
  classifier.check();
  return classifier;
}

/** @param {string} kernel */
async function wasmFor(kernel) {
  const { WASM } = await (kernel === "simd128" ? import("../wasm/simd128.js") : import("../wasm/scalar.js"));
  return Uint8Array.from(atob(WASM), (character) => character.charCodeAt(0));
}
