// One text that comes in pieces.

import { TallygateError } from "./errors.js";
import { float32Of, predictionOf } from "./prediction.js";
import { bytesOf, encoded, joined, offsetsOf } from "./text.js";

/** @import { Model } from "./model.js" */
/** @import { RunningPrediction } from "./prediction.js" */

/** A text that ends in the first half of a surrogate pair. */
const ENDS_IN_HALF = /[\ud800-\udbff]$/;

/** Closes the streams that nobody holds any more. A place holds the stream's address, which `resume` changes. */
const forgotten = new FinalizationRegistry(
  /** @param {{ model: Model, place: { address: number } }} held */
  ({ model, place }) => model.closeStream(place.address),
);

/**
 * Reads one text as it comes; `stream()` of a classifier makes it.
 *
 * Any cut of a text of at most `maxLength` tokens gives what the whole text gives, to the last bit; beyond, it goes on
 * reading, whichever end the bundle keeps, and its answers say so.
 */
export class Stream {
  /** @type {Model} */ #model;
  #place = { address: 0 };
  /** First half of a surrogate pair whose second half has not come: UTF-8 has nothing for it. */
  #half = "";

  /** @param {Model} model */
  constructor(model) {
    this.#model = model;
    this.#place.address = model.openStream(null);
    forgotten.register(this, { model, place: this.#place }, this.#place);
  }

  /**
   * Reads on. A piece may end anywhere, inside a word or a character too: what it cuts is waited for.
   *
   * Throws a {@link TallygateError} for what is no text, of which nothing is read then.
   *
   * @param {string | ArrayBuffer | ArrayBufferView} piece a string, or bytes in UTF-8
   */
  push(piece) {
    if (typeof piece === "string") return this.#pushText(this.#half + piece);
    const bytes = bytesOf(piece);
    if (!bytes) {
      const reason = `is of type ${piece === null ? "null" : typeof piece}, not a string`;
      throw new TallygateError("the piece", reason, "pass strings, or bytes in UTF-8");
    }
    if (!bytes.length) return;
    this.#read(joined([encoded(this.#half), bytes]));
    this.#half = "";
  }

  /** @param {string} text */
  #pushText(text) {
    const half = ENDS_IN_HALF.exec(text)?.[0] ?? "";
    this.#read(encoded(text.slice(0, text.length - half.length)));
    this.#half = half;
  }

  /** The answer to what was read so far, as if the text ended here: what `predict` gives for it. */
  get prediction() {
    return this.#answer(1);
  }

  /** The answer to the words that have ended alone, which no later piece changes. */
  get settled() {
    return this.#answer(0);
  }

  /** The exact logits of {@link prediction}. */
  get logits() {
    return this.#exact(1).logits;
  }

  /** All that the stream remembers: bytes that any machine, kernel and language resumes (docs/streams.md). */
  state() {
    if (this.#half) {
      throw new TallygateError("the stream", "waits for the second half of a character", "push it, then save the state");
    }
    const { core } = this.#model;
    const address = this.#address();
    return core.within((take) => {
      const size = core.exports.tg_stream_state_size(address);
      const at = take(size);
      core.check(core.exports.tg_stream_state(address, at, size), "the stream");
      return core.bytes(at, size);
    });
  }

  /**
   * Goes on where the saved stream was. Gives the stream itself.
   *
   * Throws a {@link TallygateError} for the state of another model or version, and for bytes that are no state; the
   * stream is then as it was.
   *
   * @param {ArrayBuffer | ArrayBufferView} state
   */
  resume(state) {
    const bytes = bytesOf(state);
    if (!bytes) throw new TallygateError("the stream's state", "is neither an ArrayBuffer nor a view of one", "pass what state() gave");
    const before = this.#address();
    this.#place.address = this.#model.openStream(bytes);
    this.#model.closeStream(before);
    this.#half = "";
    return this;
  }

  /** Gives the memory back; the stream answers no more. A stream that nobody holds any more gives it back by itself. */
  close() {
    this.#model.closeStream(this.#place.address);
    forgotten.unregister(this.#place);
    this.#place.address = 0;
  }

  #address() {
    if (!this.#place.address) throw new TallygateError("the stream", "is closed", "open a new one");
    this.#model.checkOpen();
    return this.#place.address;
  }

  /** @param {Uint8Array} piece */
  #read(piece) {
    const { core, worker } = this.#model;
    core.within((take) => {
      const status = core.exports.tg_stream_push(worker, this.#handles(take), take(piece), take(offsetsOf([piece])), 1);
      core.check(status, "the piece");
    });
  }

  /**
   * @param {number} waiting
   * @returns {RunningPrediction}
   */
  #answer(waiting) {
    const { logits, tokens } = this.#exact(waiting);
    const answer = predictionOf(this.#model, float32Of(logits, 0, logits.length), tokens);
    return { ...answer, tokens, beyond: tokens > this.#model.maxLength };
  }

  /** @param {number} waiting whether as if the text ended here */
  #exact(waiting) {
    const { core, worker, outputs } = this.#model;
    return core.within((take) => {
      const [at, count] = [take(8 * outputs), take(8)];
      core.check(core.exports.tg_stream_logits(worker, this.#handles(take), 1, waiting, at, count), "the stream");
      return { logits: core.doubles(at, outputs), tokens: core.words(count)[0] };
    });
  }

  /** @param {(what: Uint8Array) => number} take */
  #handles(take) {
    return take(new Uint8Array(Uint32Array.of(this.#address()).buffer));
  }
}
