// Where the golden files are that every language reads.
import { readFileSync } from "node:fs";

export const MODELS = ["two-labels", "three-labels"];
export const KERNELS = ["simd128", "scalar"];
const FOLDER = new URL("../../../../tests/shared/", import.meta.url);

/** @typedef {{ text: string, ids: number[], logits: string[], scores: number[] }} Row */

/** @typedef {{ piece: string, tokens: number, waiting: string[], settled: string[], state: string }} Step */

/** @param {string} name */
export function sharedJson(name) {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
}

/** @param {string} model */
export function shared(model) {
  const { labels, rows } = /** @type {{ labels: string[], rows: Row[] }} */ (sharedJson(model));
  return { image: new Uint8Array(readFileSync(new URL(`${model}.integer.bin`, FOLDER))), labels, rows };
}

export function sharedStreams() {
  const goldens = /** @type {Record<string, { steps: Step[], "last state": string }>} */ (sharedJson("streams"));
  return { image: new Uint8Array(readFileSync(new URL("streams.integer.bin", FOLDER))), goldens };
}
