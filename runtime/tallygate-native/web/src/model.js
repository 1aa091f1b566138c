// An image that the core has opened, with the memory and the streams that are its own.

import { TallygateError } from "./errors.js";
import { decoder, encoded } from "./text.js";

/** @import { Core } from "./core.js" */

export class Model {
  #model = 0;
  #worker = 0;
  /** @type {number[]} */ #taken = [];
  /** @type {Set<number>} */ #streams = new Set();

  /**
   * Throws a {@link TallygateError} where the bytes are no image.
   *
   * @param {Core} core
   * @param {Uint8Array} image
   * @param {string} kernel
   */
  constructor(core, image, kernel) {
    this.core = core;
    this.kernel = kernel;
    const { exports } = core;
    const place = this.#keep(image);
    const name = this.#keep(encoded(`${kernel}\0`));
    const opened = this.#keep(new Uint8Array(64));
    core.check(exports.tg_open(place, image.length, name, opened), "the image");
    this.#model = core.words(opened)[0];
    core.check(exports.tg_worker_open(this.#model, opened), "a worker");
    this.#worker = core.words(opened)[0];
    exports.tg_model_facts(this.#model, opened);
    const [, outputs, labels, maxLength, , , directions, goldens] = core.words(opened);
    this.outputs = outputs;
    this.maxLength = maxLength;
    this.isBidirectional = directions === 2;
    this.labels = this.#strings(exports.tg_label, labels, opened);
    this.goldens = this.#strings(exports.tg_golden, goldens, opened);
    this.temperatures = Float64Array.from({ length: maxLength }, (_, at) => exports.tg_temperature(this.#model, at + 1));
  }

  /** The address of the worker. Throws as {@link checkOpen}. */
  get worker() {
    this.checkOpen();
    return this.#worker;
  }

  /** Throws a {@link TallygateError} after {@link close}. */
  checkOpen() {
    if (!this.#worker) throw new TallygateError("the classifier", "is closed", "load the image again");
  }

  /**
   * The address of a stream: a new one, or one that goes on from a saved state.
   *
   * @param {Uint8Array | null} state
   */
  openStream(state) {
    this.checkOpen();
    const { core } = this;
    const stream = core.within((take) => {
      const opened = take(8);
      const status = state
        ? core.exports.tg_stream_resume(this.#model, take(state), state.length, opened)
        : core.exports.tg_stream_open(this.#model, opened);
      core.check(status, "the stream");
      return core.words(opened)[0];
    });
    this.#streams.add(stream);
    return stream;
  }

  /** @param {number} stream an address; of one that is closed already, nothing happens */
  closeStream(stream) {
    if (this.#streams.delete(stream)) this.core.exports.tg_stream_close(stream);
  }

  /** Gives all memory back. */
  close() {
    const { exports } = this.core;
    for (const stream of [...this.#streams]) this.closeStream(stream);
    if (this.#worker) exports.tg_worker_close(this.#worker);
    if (this.#model) exports.tg_close(this.#model);
    for (const address of this.#taken) exports.free(address);
    this.#taken = [];
    this.#worker = this.#model = 0;
  }

  /**
   * @param {(model: number, place: number, size: number) => number} string
   * @param {number} count
   * @param {number} size an address
   * @returns {readonly string[]}
   */
  #strings(string, count, size) {
    const utf8 = decoder();
    const strings = Array.from({ length: count }, (_, place) => {
      const at = string(this.#model, place, size);
      return utf8.decode(this.core.bytes(at, this.core.words(size)[0]));
    });
    return Object.freeze(strings);
  }

  /** @param {Uint8Array} bytes */
  #keep(bytes) {
    const address = this.core.take(bytes);
    this.#taken.push(address);
    return address;
  }
}
