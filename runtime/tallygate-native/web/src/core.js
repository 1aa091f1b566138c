// The C core in WebAssembly: its memory, and what its numbers for errors say.

import { TallygateError } from "./errors.js";

/**
 * What the C core exports (include/tallygate.h); addresses are numbers.
 *
 * @typedef {object} Exports
 * @property {WebAssembly.Memory} memory
 * @property {() => void} _initialize
 * @property {(size: number) => number} malloc
 * @property {(address: number) => void} free
 * @property {(status: number) => number} tg_message
 * @property {(image: number, size: number, kernel: number, model: number) => number} tg_open
 * @property {(model: number) => void} tg_close
 * @property {(model: number, facts: number) => void} tg_model_facts
 * @property {(model: number, place: number, size: number) => number} tg_label
 * @property {(model: number, place: number, size: number) => number} tg_golden
 * @property {(model: number, tokens: number) => number} tg_temperature
 * @property {(model: number, worker: number) => number} tg_worker_open
 * @property {(worker: number) => void} tg_worker_close
 * @property {(worker: number, at: number) => number} tg_check
 * @property {(worker: number, text: number, size: number, ids: number, starts: number, ends: number, count: number) => number} tg_spans
 * @property {(worker: number, ids: number, offsets: number, texts: number, logits: number) => number} tg_run_ids
 * @property {(worker: number, bytes: number, offsets: number, texts: number, logits: number, tokens: number) => number} tg_run_texts
 * @property {(model: number, stream: number) => number} tg_stream_open
 * @property {(stream: number) => void} tg_stream_close
 * @property {(worker: number, streams: number, bytes: number, offsets: number, count: number) => number} tg_stream_push
 * @property {(worker: number, streams: number, count: number, waiting: number, logits: number, tokens: number) => number} tg_stream_logits
 * @property {(stream: number) => number} tg_stream_state_size
 * @property {(stream: number, state: number, size: number) => number} tg_stream_state
 * @property {(model: number, state: number, size: number, stream: number) => number} tg_stream_resume
 */

/** Numbers of tg_status (include/tallygate.h). */
const STATUS = { noMemory: 2, firstOfImage: 3, lastOfImage: 11, noKernel: 13, goldenDiffers: 17 };

/**
 * What streams say, by status: the thing and the mend, as Python has them.
 *
 * @type {Record<number, [string, string]>}
 */
const OF_STREAMS = {
  14: ["the piece", "pass strings, or bytes in UTF-8; nothing of it was read"],
  18: ["this model", "ask for the whole text, or train with bidirectional = false"],
  19: ["the stream", "open a new one"],
  20: ["the stream's state", "save it again"],
  21: ["the stream's state", "resume it where it was saved"],
  22: ["the stream's state", "resume it with the bundle that it was saved with"],
  23: ["this model", "ask for the whole text"],
};

/** A started core. One serves one thread. */
export class Core {
  /** @param {Exports} exports */
  constructor(exports) {
    /** @readonly */
    this.exports = exports;
  }

  /**
   * Throws a {@link TallygateError} where the module is none.
   *
   * @param {ArrayBuffer | ArrayBufferView} wasm
   */
  static async start(wasm) {
    try {
      const { instance } = await WebAssembly.instantiate(/** @type {BufferSource} */ (wasm), {});
      const exports = /** @type {Exports} */ (/** @type {unknown} */ (instance.exports));
      exports._initialize();
      return new Core(exports);
    } catch (error) {
      const reason = `cannot be started (${String(error instanceof Error ? error.message : error).split("\n")[0]})`;
      throw new TallygateError("the WebAssembly module", reason, "get it again");
    }
  }

  /**
   * Eight numbers of 32 bits at an address.
   *
   * @param {number} address
   */
  words(address) {
    return new Uint32Array(this.exports.memory.buffer, address, 8);
  }

  /**
   * A copy of what stands there.
   *
   * @param {number} address
   * @param {number} size
   */
  bytes(address, size) {
    return new Uint8Array(this.exports.memory.buffer, address, size).slice();
  }

  /**
   * @param {number} address
   * @param {number} count
   */
  doubles(address, count) {
    return new Float64Array(this.exports.memory.buffer, address, count).slice();
  }

  /**
   * @param {number} address
   * @param {number} count
   */
  integers(address, count) {
    return new Int32Array(this.exports.memory.buffer, address, count).slice();
  }

  /**
   * An address with these bytes, or with room for that many: at least 32, so that {@link words} can read there.
   *
   * @param {Uint8Array | number} what
   */
  take(what) {
    const size = typeof what === "number" ? what : what.length;
    const address = this.exports.malloc(Math.max(size, 32));
    if (!address) this.check(STATUS.noMemory, "the WebAssembly module");
    if (typeof what !== "number") new Uint8Array(this.exports.memory.buffer, address, size).set(what);
    return address;
  }

  /**
   * Memory that is given back when `work` is done. `take` is as {@link Core.take}.
   *
   * @template T
   * @param {(take: (what: Uint8Array | number) => number) => T} work
   * @returns {T}
   */
  within(work) {
    /** @type {number[]} */
    const taken = [];
    try {
      return work((what) => {
        const address = this.take(what);
        taken.push(address);
        return address;
      });
    } finally {
      for (const address of taken) this.exports.free(address);
    }
  }

  /**
   * Throws a {@link TallygateError} for any status but that of success.
   *
   * @param {number} status
   * @param {string} thing
   */
  check(status, thing) {
    if (!status) return;
    const message = this.#message(status);
    if (!OF_STREAMS[status]) throw new TallygateError(thing, message, mendOf(status));
    const [named, mend] = OF_STREAMS[status];
    throw new TallygateError(named, message.replace(/^(?:this model|the text) /, ""), mend);
  }

  /** @param {number} status */
  #message(status) {
    const from = new Uint8Array(this.exports.memory.buffer, this.exports.tg_message(status));
    return new TextDecoder().decode(from.subarray(0, from.indexOf(0)));
  }
}

/** @param {number} status */
function mendOf(status) {
  if (status === STATUS.noMemory) return "ask fewer texts at once, or close what is not needed";
  if (status >= STATUS.firstOfImage && status <= STATUS.lastOfImage) return "get the image again";
  if (status === STATUS.noKernel) return "choose the kernel scalar";
  return status === STATUS.goldenDiffers ? "do not serve this copy" : "check what is passed";
}
