// Whole texts: labels, logits, tokens.

import { TallygateError } from "./errors.js";
import { Model } from "./model.js";
import { float32Of, predictionOf, probabilitiesOf } from "./prediction.js";
import { Stream } from "./stream.js";
import { checkText, encoded, joined, offsetsOf, tokensIn, windowOf } from "./text.js";

/** @import { Core } from "./core.js" */
/** @import { Prediction } from "./prediction.js" */
/** @import { Token } from "./text.js" */

/** A loaded image. `load` makes it; it answers at once, on the thread that asks. */
export class Classifier {
  /** @type {Model} */ #model;

  /**
   * @param {Core} core
   * @param {Uint8Array} image
   * @param {string} kernel
   */
  constructor(core, image, kernel) {
    this.#model = new Model(core, image, kernel);
    /**
     * Logits per text.
     * @readonly
     */
    this.outputs = this.#model.outputs;
    /**
     * Tokens that are read of a text.
     * @readonly
     */
    this.maxLength = this.#model.maxLength;
    /**
     * The kernel that answers.
     * @readonly
     */
    this.kernel = kernel;
    /**
     * Sorted.
     * @readonly
     */
    this.labels = this.#model.labels;
    /**
     * Texts whose answers the image holds; they are asked at load.
     * @readonly
     */
    this.goldens = this.#model.goldens;
    /**
     * Whether the model reads texts from both ends, so that it has no {@link stream}.
     * @readonly
     */
    this.isBidirectional = this.#model.isBidirectional;
  }

  /**
   * Classifies one text, or a list of them; answers come in the order of the texts.
   *
   * @overload
   * @param {string} texts
   * @param {{ abstainBelow?: number }} [options]
   * @returns {Prediction}
   *
   * @overload
   * @param {readonly string[]} texts
   * @param {{ abstainBelow?: number }} [options]
   * @returns {Prediction[]}
   *
   * @param {string | readonly string[]} texts
   * @param {{ abstainBelow?: number }} [options]
   * @returns {Prediction | Prediction[]}
   */
  predict(texts, { abstainBelow = 0 } = {}) {
    if (!(abstainBelow >= 0 && abstainBelow <= 1)) {
      throw new TallygateError(`abstainBelow ${abstainBelow}`, "is no probability", "give a number from 0 to 1");
    }
    if (typeof texts === "string") return this.#predictions([texts], abstainBelow)[0];
    return this.#predictions(texts, abstainBelow);
  }

  /**
   * Reads one text as it comes, word by word or in whatever pieces.
   *
   * Throws a {@link TallygateError} where the model reads texts from both ends.
   */
  stream() {
    return new Stream(this.#model);
  }

  /**
   * The exact logits of texts, one text after the other.
   *
   * @param {readonly string[]} texts
   * @returns {Float64Array}
   */
  logits(texts) {
    return this.#run(texts).logits;
  }

  /**
   * What a text becomes: rows of the embedding.
   *
   * @param {string} text
   * @returns {number[]}
   */
  encode(text) {
    return this.tokens(text).map((token) => token.id);
  }

  /**
   * The tokens that are read of a text. One without any is read as one unknown token, which stands nowhere.
   *
   * @param {string} text
   * @returns {Token[]}
   */
  tokens(text) {
    checkText(text, 1);
    const bytes = encoded(text);
    const { core, worker } = this.#model;
    return core.within((take) => {
      const room = 4 * this.maxLength;
      const [place, ids, starts, ends, count] = [take(bytes), take(room), take(room), take(room), take(8)];
      core.check(core.exports.tg_spans(worker, place, bytes.length, ids, starts, ends, count), "the text");
      const read = core.words(count)[0];
      return tokensIn(bytes, ...[ids, starts, ends].map((at) => core.integers(at, read)));
    });
  }

  /**
   * Probabilities by label for rows of ids, one array a row.
   *
   * @param {readonly (readonly number[])[]} rows
   * @returns {number[][]}
   */
  probabilities(rows) {
    const logits = this.#runIds(rows);
    return rows.map((row, at) => probabilitiesOf(this.#model, float32Of(logits, at, this.outputs), row.length));
  }

  /** Asks every golden text that the image holds. Throws a {@link TallygateError} for a bit that is otherwise. */
  check() {
    const { core, worker } = this.#model;
    core.within((take) => {
      const at = take(8);
      const status = core.exports.tg_check(worker, at);
      core.check(status, `golden text ${core.words(at)[0] + 1} on ${this.kernel}`);
    });
  }

  /** Gives all memory back, that of its streams too; the classifier answers no more. */
  close() {
    this.#model.close();
  }

  /**
   * @param {readonly string[]} texts
   * @param {number} abstainBelow
   */
  #predictions(texts, abstainBelow) {
    const { logits, tokens } = this.#run(texts);
    return texts.map((_, at) => predictionOf(this.#model, float32Of(logits, at, this.outputs), tokens[at], abstainBelow));
  }

  /** @param {readonly string[]} texts */
  #run(texts) {
    const logits = new Float64Array(texts.length * this.outputs);
    const tokens = new Int32Array(texts.length);
    for (let done = 0; done < texts.length; ) {
      const window = windowOf(texts, done);
      const answers = this.#runWindow(window);
      logits.set(answers.logits, done * this.outputs);
      tokens.set(answers.tokens, done);
      done += window.length;
    }
    return { logits, tokens };
  }

  /** @param {Uint8Array[]} texts */
  #runWindow(texts) {
    const { core, worker } = this.#model;
    return core.within((take) => {
      const count = texts.length;
      const [bytes, offsets] = [take(joined(texts)), take(offsetsOf(texts))];
      const [logits, tokens] = [take(8 * count * this.outputs), take(4 * count)];
      core.check(core.exports.tg_run_texts(worker, bytes, offsets, count, logits, tokens), "the texts");
      return { logits: core.doubles(logits, count * this.outputs), tokens: core.integers(tokens, count) };
    });
  }

  /** @param {readonly (readonly number[])[]} rows */
  #runIds(rows) {
    const { core, worker } = this.#model;
    return core.within((take) => {
      const ids = take(new Uint8Array(Int32Array.from(rows.flat()).buffer));
      const logits = take(8 * rows.length * this.outputs);
      core.check(core.exports.tg_run_ids(worker, ids, take(offsetsOf(rows)), rows.length, logits), "ids");
      return core.doubles(logits, rows.length * this.outputs);
    });
  }
}
