// Whether this copy of the model, in this browser, answers as it did at export: to the last bit, or it does not answer.

import { TallygateError, hasSimd128, load } from "../tallygate.js";
import { unpacked } from "./packing.js";
import { sha256 } from "./sha256.js";

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
 * @property {string} sweptLogits hash of the answers to all words
 * @property {number} goldens golden texts that the bundle has
 * @property {{ data: string, split: string, rows: number, accuracy: number } | null} score
 * @property {{ title: string, text: string }[]} examples
 * @property {PartFacts[]} parts
 */

/**
 * @typedef {object} Proof
 * @property {Classifier} classifier
 * @property {Parts} parts
 * @property {number} asked golden texts
 * @property {number} words that were asked beside them
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
  const wanted = new Float64Array(parts["golden logits"].buffer);
  checkEqual(classifier.logits(texts), wanted, texts.length, kernel);
  const hash = hashOf(classifier.logits(classifier.goldens));
  if (hash !== facts.goldenLogits) throw otherwise("the golden texts of the image", kernel);
  const words = sweptWords(parts.image);
  if (hashOf(classifier.logits(textsOf(words))) !== facts.sweptLogits) throw otherwise("the words of the vocabulary", kernel);
  return { classifier, parts, asked: texts.length, words: words.length, hash, milliseconds: performance.now() - start };
}

/** As contents.py has it: most words that are asked, and so many at once. */
const SWEPT_WORDS = 50_000;
const WORDS_PER_TEXT = 16;

/**
 * The words of the vocabulary in the image's order, or some of them, evenly spread (docs/device-image.md, WORD).
 *
 * @param {Uint8Array<ArrayBuffer>} image
 */
function sweptWords(image) {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const view = new DataView(image.buffer);
  const entries = Array.from({ length: view.getUint32(12, true) }, (_, at) => 64 + 32 * at);
  const [sizes, start] = ["SIZE", "WORD"].map((tag) => {
    const entry = entries.find((at) => decoder.decode(image.subarray(at, at + 4)) === tag) ?? 0;
    return Number(view.getBigUint64(entry + 8, true));
  });
  const [words, slots] = [17, 19].map((place) => view.getUint32(sizes + 4 * place, true));
  const bytes = start + [words + 1, words, slots].reduce((sum, count) => sum + Math.ceil((4 * count) / 64) * 64, 0);
  const offsets = new Uint32Array(image.buffer, start, words + 1);
  const step = Math.ceil(words / SWEPT_WORDS) || 1;
  return Array.from({ length: Math.ceil(words / step) }, (_, at) =>
    decoder.decode(image.subarray(bytes + offsets[at * step], bytes + offsets[at * step + 1])),
  );
}

/** @param {string[]} words */
function textsOf(words) {
  const starts = Array.from({ length: Math.ceil(words.length / WORDS_PER_TEXT) }, (_, at) => at * WORDS_PER_TEXT);
  return starts.map((start) => words.slice(start, start + WORDS_PER_TEXT).join(" "));
}

/**
 * @param {Float64Array} logits
 * @param {Float64Array} wanted
 * @param {number} count
 * @param {string} kernel
 */
function checkEqual(logits, wanted, count, kernel) {
  const [given, expected] = [logits, wanted].map((values) => new BigInt64Array(values.buffer, values.byteOffset, values.length));
  const outputs = expected.length / count;
  const equal = Array.from({ length: count }, (_, row) => row * outputs).filter((at) =>
    expected.subarray(at, at + outputs).every((bits, place) => bits === given[at + place]),
  ).length;
  if (equal < count) throw otherwise(`${(count - equal).toLocaleString("en-US")} of ${count.toLocaleString("en-US")} golden texts`, kernel);
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
