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
 * @property {{ data: string, split: string, rows: number, accuracy: number } | null} score
 * @property {{ title: string, text: string }[]} examples
 * @property {PartFacts[]} parts
 */

/**
 * @typedef {object} Proof
 * @property {Classifier} classifier
 * @property {Parts} parts
 * @property {number} asked golden texts
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
  return { classifier, parts, asked: texts.length, hash, milliseconds: performance.now() - start };
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
