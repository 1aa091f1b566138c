// Texts on their way into the core, and tokens on their way out.

import { TallygateError } from "./errors.js";

/**
 * A token as it stands in a text; start and end count UTF-16 units, as String.prototype.slice does.
 *
 * @typedef {object} Token
 * @property {string} text
 * @property {number} start
 * @property {number} end
 * @property {number} id row of the embedding
 * @property {boolean} known whether the vocabulary holds it
 */

/** Row of every word that the vocabulary lacks. */
const UNKNOWN_ROW = 1;
/** Texts, and bytes of them, that go through the core at once. */
const WINDOW_TEXTS = 1024;
const WINDOW_BYTES = 1 << 22;

/**
 * UTF-8 of a text; half a surrogate pair, which has none, becomes U+FFFD, which only separates.
 *
 * @param {string} text
 */
export function encoded(text) {
  return new TextEncoder().encode(text);
}

/** Texts as they stand in the core: a U+FEFF at the front is a character. */
export function decoder() {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}

/**
 * @param {unknown} text
 * @param {number} number
 */
export function checkText(text, number) {
  if (typeof text === "string") return;
  const reason = `is of type ${text === null ? "null" : typeof text}, not a string`;
  throw new TallygateError(`text ${number}`, reason, "pass strings, and drop missing values first");
}

/**
 * The bytes of a buffer or a view of one; null for anything else.
 *
 * @param {unknown} data
 */
export function bytesOf(data) {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : null;
}

/**
 * The texts from `start` on that go through the core together: at least one.
 *
 * @param {readonly string[]} texts
 * @param {number} start
 */
export function windowOf(texts, start) {
  /** @type {Uint8Array[]} */
  const window = [];
  for (let size = 0; start + window.length < texts.length && window.length < WINDOW_TEXTS && size < WINDOW_BYTES; ) {
    const text = texts[start + window.length];
    checkText(text, start + window.length + 1);
    const bytes = encoded(text);
    window.push(bytes);
    size += bytes.length;
  }
  return window;
}

/** @param {Uint8Array[]} parts */
export function joined(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * Where each of the parts begins when they stand one after the other, and where the last one ends: int64, as bytes.
 *
 * @param {readonly { length: number }[]} parts
 */
export function offsetsOf(parts) {
  const offsets = new BigInt64Array(parts.length + 1);
  parts.forEach((part, at) => (offsets[at + 1] = offsets[at] + BigInt(part.length)));
  return new Uint8Array(offsets.buffer);
}

/**
 * @param {Uint8Array} bytes
 * @param {Int32Array[]} columns ids, starts and ends, in bytes
 * @returns {Token[]}
 */
export function tokensIn(bytes, ...[ids, starts, ends]) {
  const utf8 = decoder();
  let [place, units] = [0, 0];
  /** @param {number} to */
  const stepTo = (to) => {
    if (to > place) [place, units] = [to, units + utf8.decode(bytes.subarray(place, to)).length];
    return units;
  };
  return Array.from(ids, (id, at) => {
    const start = stepTo(starts[at]);
    const text = utf8.decode(bytes.subarray(starts[at], ends[at]));
    return { text, start, end: start + text.length, id, known: id !== UNKNOWN_ROW };
  });
}
