// Whether this copy of the model, in this browser, answers as it did at export: to the last bit, or it does not answer.

import { TallygateError, hasSimd128, load } from "../tallygate.js";
import { unpacked } from "./packing.js";
import { sha256 } from "./sha256.js";
import { shuffled } from "./shuffling.js";

/** @import { Classifier } from "../tallygate.js" */
/** @import { PartFacts, Parts } from "./packing.js" */

/**
 * What the page knows of its bundle.
 *
 * @typedef {object} Facts
 * @property {string} name
 * @property {string[]} labels
 * @property {string} createdWith
 * @property {string} bundleSha256
 * @property {string} imageSha256
 * @property {string} goldenLogits the hash that `tallygate verify` prints
 * @property {string} answers hash of the answers to the golden texts and to all words
 * @property {number} goldens golden texts that the bundle has
 * @property {number} asked those among them that the page asks
 * @property {{ count: number, size: number, every: number }} words that are asked, so many in a text, each so-manieth of all
 * @property {{ data: string, split: string, rows: number, accuracy: number } | null} score
 * @property {{ title: string, text: string }[]} examples
 * @property {PartFacts[]} parts
 */

/**
 * @typedef {object} Proof
 * @property {Classifier} classifier
 * @property {Parts} parts
 * @property {string} hash of the golden logits of the image, as computed here
 * @property {number} milliseconds
 */

/**
 * Throws a {@link TallygateError} that says what is wrong, and then nothing may be answered.
 *
 * @param {Facts} facts
 * @param {string} payload
 * @returns {Promise<Proof>}
 */
export async function prove(facts, payload) {
  const start = performance.now();
  const parts = await unpacked(payload, facts.parts);
  const kernel = hasSimd128() ? "simd128" : "scalar";
  const classifier = await load(parts.image, { kernel, wasm: parts[kernel] });
  /** @type {string[]} */
  const texts = JSON.parse(new TextDecoder().decode(parts["golden texts"]));
  const all = [...texts, ...textsOfAllWords(parts.image, facts.words)];
  if (hashOf(classifier.logits(all)) !== facts.answers) throw otherwise("the golden texts", kernel);
  const hash = hashOf(classifier.logits(classifier.goldens));
  if (hash !== facts.goldenLogits) throw otherwise("the golden texts of the image", kernel);
  return { classifier, parts, hash, milliseconds: performance.now() - start };
}

/**
 * Texts that hold every word once, as the bundle's goldens do (tallygate/runtime/bundle/all_words.py).
 *
 * @param {Uint8Array<ArrayBuffer>} image
 * @param {{ size: number, every: number }} words
 */
function textsOfAllWords(image, { size, every }) {
  const words = shuffled(wordsByRow(image).filter((_, at) => at % every === 0), 0);
  return Array.from({ length: Math.ceil(words.length / size) }, (_, at) => words.slice(at * size, (at + 1) * size).join(" "));
}

/**
 * The words of the vocabulary by their rows, then in the image's order (docs/device-image.md, WORD).
 *
 * @param {Uint8Array<ArrayBuffer>} image
 */
function wordsByRow(image) {
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  const view = new DataView(image.buffer);
  const entries = Array.from({ length: view.getUint32(12, true) }, (_, at) => 64 + 32 * at);
  const [sizes, start] = ["SIZE", "WORD"].map((tag) => {
    const entry = entries.find((at) => utf8.decode(image.subarray(at, at + 4)) === tag) ?? 0;
    return Number(view.getBigUint64(entry + 8, true));
  });
  const [words, slots] = [17, 19].map((place) => view.getUint32(sizes + 4 * place, true));
  const [rowsAt, , bytesAt] = arraysAt(start, [words + 1, words, slots]);
  const [offsets, rows] = [new Uint32Array(image.buffer, start, words + 1), new Uint32Array(image.buffer, rowsAt, words)];
  return Array.from(rows, (_, at) => at)
    .sort((one, other) => rows[one] - rows[other])
    .map((at) => utf8.decode(image.subarray(bytesAt + offsets[at], bytesAt + offsets[at + 1])));
}

/**
 * Where arrays behind others begin, each at a multiple of 64 bytes.
 *
 * @param {number} start
 * @param {number[]} counts of 32-bit numbers
 */
function arraysAt(start, counts) {
  return counts.map((count) => (start += Math.ceil((4 * count) / 64) * 64));
}

/**
 * @param {string} what
 * @param {string} kernel
 */
function otherwise(what, kernel) {
  return new TallygateError(what, `are answered otherwise than at export by the kernel ${kernel}`, "do not use this copy");
}

/** @param {Float64Array} logits */
function hashOf(logits) {
  return sha256(new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength));
}
