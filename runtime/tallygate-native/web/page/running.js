// The answer after each word of a text, without the page ever waiting long.
//
// A stream reads the text once, and what it was at some words is kept: whoever types on, or mends a word, has only what
// follows read anew. A model that reads from both ends has no stream, and its beginnings are read anew (rereading.js).

import { Rereading, pause } from "./rereading.js";

/** @import { Classifier, Stream, Token } from "../tallygate.js" */

/** Words that are read between two rests of a long text: some milliseconds. */
const SLICE_WORDS = 128;
/** Words between two states that are kept. */
const KEPT_WORDS = 64;

/**
 * @param {Classifier} classifier
 * @returns {Reading | Rereading}
 */
export function runningOf(classifier) {
  return classifier.isBidirectional ? new Rereading(classifier) : new Reading(classifier);
}

/** What was read of a text up to a token. @typedef {{ tokens: number, end: number, state: Uint8Array }} Mark */

export class Reading {
  /** @type {Stream} */ #stream;
  /** The text from its first token on, where its tokens end in it, and their ids. */
  #text = "";
  /** @type {{ id: number, end: number }[]} */ #tokens = [];
  /** Probabilities by label after each token, as many as were asked. @type {number[][]} */ #answers = [];
  /** @type {Mark[]} */ #marks;

  /** @param {Classifier} classifier */
  constructor(classifier) {
    this.#stream = classifier.stream();
    this.#marks = [{ tokens: 0, end: 0, state: this.#stream.state() }];
  }

  /**
   * Probabilities by label after each token; null where `isWanted` says no in between.
   *
   * @param {string} text
   * @param {Token[]} tokens of it
   * @param {() => boolean} isWanted
   * @returns {Promise<number[][] | null>}
   */
  async after(text, tokens, isWanted) {
    const { start } = tokens[0];
    this.#goTo(text.slice(start), tokens.map(({ id, end }) => ({ id, end: end - start })));
    while (this.#answers.length < tokens.length) {
      this.#read(Math.min(tokens.length, this.#answers.length + SLICE_WORDS));
      if (this.#answers.length < tokens.length) await pause();
      if (!isWanted()) return null;
    }
    return [...this.#answers];
  }

  /** What is to be said of how the answers were made. */
  said() {
    return "";
  }

  /**
   * Sets the stream behind the last token that stands in this text too.
   *
   * @param {string} text
   * @param {{ id: number, end: number }[]} tokens
   */
  #goTo(text, tokens) {
    const same = commonLength(text, this.#text);
    let common = 0;
    while (common < this.#answers.length && isToken(tokens[common], this.#tokens[common]) && tokens[common].end <= same) common++;
    [this.#text, this.#tokens] = [text, tokens];
    this.#answers.length = common;
    this.#marks = this.#marks.filter((mark) => mark.tokens <= common);
    const mark = this.#marks[this.#marks.length - 1];
    this.#stream.resume(mark.state);
    this.#stream.push(text.slice(mark.end, this.#endOf(common)));
  }

  /** @param {number} until how many tokens */
  #read(until) {
    for (let at = this.#answers.length; at < until; at++) {
      if (at % KEPT_WORDS === 0 && at > this.#marks[this.#marks.length - 1].tokens) {
        this.#marks.push({ tokens: at, end: this.#endOf(at), state: this.#stream.state() });
      }
      this.#stream.push(this.#text.slice(this.#endOf(at), this.#endOf(at + 1)));
      this.#answers.push(Object.values(this.#stream.prediction.probabilities));
    }
  }

  /**
   * Where so many tokens end; the first of a text without any stands nowhere.
   *
   * @param {number} tokens
   */
  #endOf(tokens) {
    return tokens ? this.#tokens[tokens - 1].end : 0;
  }
}

/**
 * @param {{ id: number, end: number } | undefined} one
 * @param {{ id: number, end: number }} other
 */
function isToken(one, other) {
  return one !== undefined && one.id === other.id && one.end === other.end;
}

/**
 * Characters that two texts begin with alike.
 *
 * @param {string} one
 * @param {string} other
 */
function commonLength(one, other) {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}
