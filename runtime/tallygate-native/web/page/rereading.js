// The answer after each word of a text where a model reads from both ends: every beginning of it is read anew, in slices.
//
// Whoever types at the end of a text has asked most beginnings already, and those are kept.

/** @import { Classifier, Token } from "../tallygate.js" */

/** Most tokens of all beginnings together; of longer texts some are asked, and the curve between them is straight. */
const MOST_STEPS = 100_000;
/** Tokens of the beginnings that are asked at once: some milliseconds. */
const SLICE_STEPS = 2_000;

export class Rereading {
  /** @type {Classifier} */ #classifier;
  /** @type {number[]} */ #ids = [];
  /** @type {Map<number, number[]>} */ #answers = new Map();
  #asked = 0;

  /** @param {Classifier} classifier */
  constructor(classifier) {
    this.#classifier = classifier;
  }

  /**
   * Probabilities by label after each token; null where `isWanted` says no in between.
   *
   * @param {string} _text
   * @param {Token[]} tokens of it
   * @param {() => boolean} isWanted
   * @returns {Promise<number[][] | null>}
   */
  async after(_text, tokens, isWanted) {
    const ids = tokens.map((token) => token.id);
    this.#forgetOthers(ids);
    const lengths = lengthsAsked(ids.length);
    this.#asked = lengths.length;
    const missing = lengths.filter((length) => !this.#answers.has(length));
    while (missing.length) {
      this.#ask(ids, slice(missing));
      if (missing.length) await pause();
      if (!isWanted()) return null;
    }
    return straightened(lengths, lengths.map((length) => this.#answers.get(length) ?? []));
  }

  /** What is to be said of how the answers were made. */
  said() {
    const asked = this.#asked < this.#ids.length ? `${this.#asked} of ${this.#ids.length} beginnings were` : "each beginning was";
    const between = this.#asked < this.#ids.length ? "; between them the curve is straight" : "";
    return `This model reads texts from both ends, so ${asked} read anew${between}.`;
  }

  /**
   * Answers that are the same for this text.
   *
   * @param {number[]} ids
   */
  #forgetOthers(ids) {
    let common = 0;
    while (common < ids.length && ids[common] === this.#ids[common]) common++;
    for (const length of [...this.#answers.keys()]) if (length > common) this.#answers.delete(length);
    this.#ids = ids;
  }

  /**
   * @param {number[]} ids
   * @param {number[]} lengths
   */
  #ask(ids, lengths) {
    const answers = this.#classifier.probabilities(lengths.map((length) => ids.slice(0, length)));
    lengths.forEach((length, at) => this.#answers.set(length, answers[at]));
  }
}

/**
 * The lengths of the beginnings that are asked, the whole text among them.
 *
 * @param {number} length
 */
export function lengthsAsked(length) {
  const most = Math.max(2, Math.floor((2 * MOST_STEPS) / (length + 1)));
  if (length <= most) return Array.from({ length }, (_, at) => at + 1);
  const even = Array.from({ length: most }, (_, at) => 1 + Math.floor((at * (length - 1)) / (most - 1)));
  return [...new Set(even)];
}

/**
 * Takes the lengths that are asked next off the front: at least one.
 *
 * @param {number[]} lengths
 */
function slice(lengths) {
  let [count, steps] = [0, 0];
  while (count < lengths.length && (!count || steps + lengths[count] <= SLICE_STEPS)) steps += lengths[count++];
  return lengths.splice(0, count);
}

/** Lets the page draw and take input. */
export function pause() {
  return new Promise((resolve) => setTimeout(resolve));
}

/**
 * @param {number[]} lengths rising, from 1
 * @param {number[][]} answers
 */
function straightened(lengths, answers) {
  const all = [answers[0]];
  for (let at = 1; at < lengths.length; at++) {
    const span = lengths[at] - lengths[at - 1];
    for (let step = 1; step <= span; step++) {
      all.push(answers[at].map((value, label) => answers[at - 1][label] + ((value - answers[at - 1][label]) * step) / span));
    }
  }
  return all;
}
