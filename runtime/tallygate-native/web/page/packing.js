// What the page brings along, made small: the counterpart of tallygate/runtime/page/packing.py.
//
// All parts are one deflated stream. Before that, numbers of several bytes are laid out byte by byte, offsets as their
// steps, what stands twice once, and the hash table of the words is left out, since it follows from them. How each part
// is put together again are steps in the page's facts, with the hash that it must have then.

import { TallygateError } from "../tallygate.js";
import { bytesFromBase91 } from "./base91.js";
import { sha256 } from "./sha256.js";

/** @typedef {["raw", number] | ["planes", number, number] | ["rises", number] | ["copy", string, number, number] | ["slots", number, number, number, number]} Step */
/** @typedef {{ name: string, size: number, sha256: string, steps: Step[] }} PartFacts */
/** @typedef {Record<string, Uint8Array<ArrayBuffer>>} Parts */

/**
 * Every part of the page by its name, each with the hash that it must have. Throws a {@link TallygateError} otherwise.
 *
 * @param {string} text
 * @param {PartFacts[]} facts
 * @returns {Promise<Parts>}
 */
export async function unpacked(text, facts) {
  /** @type {Parts} */
  const parts = {};
  const stream = { bytes: await inflated(text), at: 0 };
  for (const { name, size, steps, sha256: wanted } of facts) {
    parts[name] = rebuilt(stream, steps, size, parts);
    if (sha256(parts[name]) !== wanted) throw altered(name);
  }
  return parts;
}

/** @param {string} what */
function altered(what) {
  return new TallygateError(`the page's ${what}`, "is damaged or altered", "get the page again, or write it again");
}

/** @param {string} text */
async function inflated(text) {
  try {
    const packed = new Blob([bytesFromBase91(text)]);
    const stream = packed.stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw altered("data");
  }
}

/** @typedef {{ bytes: Uint8Array, at: number }} Stream */

/**
 * @param {Stream} stream
 * @param {Step[]} steps
 * @param {number} size
 * @param {Parts} parts those that are there already
 */
function rebuilt(stream, steps, size, parts) {
  const part = new Uint8Array(size);
  let at = 0;
  for (const step of steps) {
    const room = part.subarray(at, at + (step[0] === "copy" ? step[3] : step[1]));
    if (step[0] === "raw") room.set(taken(stream, room.length));
    else if (step[0] === "copy") room.set(parts[step[1]].subarray(step[2], step[2] + step[3]));
    else if (step[0] !== "slots") setPlanes(room, taken(stream, room.length), step[0] === "planes" ? step[2] : 4);
    if (step[0] === "rises") addUp(part, at, step[1]);
    at += room.length;
  }
  setSlots(part, steps);
  return part;
}

/**
 * @param {Stream} stream
 * @param {number} count
 */
function taken(stream, count) {
  const bytes = stream.bytes.subarray(stream.at, stream.at + count);
  if (bytes.length < count) throw altered("data");
  stream.at += count;
  return bytes;
}

/**
 * @param {Uint8Array} room
 * @param {Uint8Array} planes all first bytes, then all second ones, and so on
 * @param {number} width bytes of a number
 */
function setPlanes(room, planes, width) {
  const count = room.length / width;
  for (let plane = 0; plane < width; plane++) {
    for (let i = 0; i < count; i++) room[i * width + plane] = planes[plane * count + i];
  }
}

/**
 * @param {Uint8Array<ArrayBuffer>} part
 * @param {number} at
 * @param {number} size
 */
function addUp(part, at, size) {
  const offsets = new DataView(part.buffer, at, size);
  for (let i = 4; i < size; i += 4) offsets.setUint32(i, offsets.getUint32(i, true) + offsets.getUint32(i - 4, true), true);
}

/**
 * The hash table of the words: open addressing by linear steps, words in their order (docs/device-image.md, WORD).
 *
 * @param {Uint8Array<ArrayBuffer>} part
 * @param {Step[]} steps
 */
function setSlots(part, steps) {
  let at = 0;
  for (const step of steps) {
    if (step[0] === "slots") {
      const [, size, words, offsetsAt, bytesAt] = step;
      const slots = new Uint32Array(part.buffer, at, size / 4);
      const offsets = new Uint32Array(part.buffer, offsetsAt, words + 1);
      for (let word = 0; word < words; word++) {
        place(slots, word + 1, wordHash(part.subarray(bytesAt + offsets[word], bytesAt + offsets[word + 1])));
      }
    }
    at += step[0] === "copy" ? step[3] : step[1];
  }
}

/**
 * @param {Uint32Array} slots
 * @param {number} number
 * @param {number} hash
 */
function place(slots, number, hash) {
  let at = (hash & (slots.length - 1)) >>> 0;
  for (let tries = 0; slots[at] && tries < slots.length; tries++) at = (at + 1) & (slots.length - 1);
  slots[at] = (number | (hash & 0xff000000)) >>> 0;
}

/**
 * 64-bit arithmetic in two halves: BigInt takes ten times as long.
 *
 * @param {Uint8Array} word
 */
function wordHash(word) {
  let high = 0x9e3779b9;
  let low = 0x7f4a7c15 ^ word.length;
  for (let start = 0; start < word.length; start += 8) {
    low ^= fourBytes(word, start);
    high ^= fourBytes(word, start + 4);
    [high, low] = multiplied(high, low);
    low ^= high;
  }
  return (low ^ ((low >>> 16) | (high << 16))) >>> 0;
}

/**
 * @param {Uint8Array} word
 * @param {number} at
 */
function fourBytes(word, at) {
  return word[at] | (word[at + 1] << 8) | (word[at + 2] << 16) | (word[at + 3] << 24);
}

/**
 * The lower 64 bits of a number times 0xFF51AFD7ED558CCD.
 *
 * @param {number} high
 * @param {number} low
 */
function multiplied(high, low) {
  const [factorHigh, factorLow] = [0xff51afd7, 0xed558ccd];
  const [a, b, c, d] = [low >>> 16, low & 0xffff, factorLow >>> 16, factorLow & 0xffff];
  const middle = b * c + ((b * d) >>> 16);
  const other = a * d + (middle & 0xffff);
  const carried = a * c + Math.floor(middle / 65536) + Math.floor(other / 65536);
  const upper = (carried % 4294967296) + (Math.imul(high, factorLow) >>> 0) + (Math.imul(low, factorHigh) >>> 0);
  return [upper | 0, Math.imul(low, factorLow)];
}
