/**
 * tallygate in JavaScript: an LSTM text classifier from one device image, with the bits that Python and C give.
 *
 * Nothing is computed here but the step from logits to probabilities. Tokenizer and LSTM are the C core in WebAssembly,
 * which imports nothing: it can reach neither files nor the network. The module runs as it stands in Node, browsers,
 * workers and Deno; its one import is the WebAssembly, chosen by what the engine can run.
 *
 * @module
 */

/**
 * The answer to one text, named as in Python.
 *
 * @typedef {object} Prediction
 * @property {string | null} label null where the caller asked to abstain below a score that this one does not reach
 * @property {number} score calibrated probability of the likeliest label
 * @property {Record<string, number>} probabilities calibrated, by label; they add up to 1
 * @property {number[]} logits uncalibrated, as float32: one for two labels (positive means the second), else one each
 * @property {"wasm"} engine
 * @property {"integer"} precision
 * @property {string} provider the kernel that computed it
 */

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

/**
 * @typedef {object} LoadOptions
 * @property {string} [kernel] "simd128" or "scalar"; by default the best one that runs here
 * @property {ArrayBuffer | ArrayBufferView} [wasm] the C core, for pages that bring it along; by default the one beside this file
 */

/**
 * What the C core exports (include/tallygate.h); addresses are numbers.
 *
 * @typedef {object} Core
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
 */

/** The smallest module with a SIMD128 instruction: valid where the engine has them. */
const SIMD128_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);
const KERNELS = ["simd128", "scalar"];
/** Row of every word that the vocabulary lacks. */
const UNKNOWN_ROW = 1;
/** Texts, and bytes of them, that go through the core at once. */
const WINDOW_TEXTS = 1024;
const WINDOW_BYTES = 1 << 22;
/** Numbers of tg_status whose cause is the image. */
const IMAGE_STATUSES = { first: 3, last: 11 };
const NO_MEMORY = 2;
const KERNEL_UNAVAILABLE = 13;
const GOLDEN_DIFFERS = 17;

/** What went wrong, in one line: the thing, the reason, the mend. */
export class TallygateError extends Error {
  /**
   * @param {string} thing
   * @param {string} reason
   * @param {string} mend
   */
  constructor(thing, reason, mend) {
    super(`${thing}: ${reason}; ${mend}`);
    this.name = "TallygateError";
    this.thing = thing;
    this.reason = reason;
    this.mend = mend;
  }
}

/** Whether this engine runs SIMD128. */
export function hasSimd128() {
  return WebAssembly.validate(SIMD128_PROBE);
}

/**
 * Opens a device image (`model.integer.bin` of a bundle) and asks it every golden text that it holds.
 *
 * Throws a {@link TallygateError} where it is no image, is damaged or altered, or answers otherwise than at export.
 *
 * @param {ArrayBuffer | ArrayBufferView} image
 * @param {LoadOptions} [options]
 * @returns {Promise<Classifier>}
 */
export async function load(image, options = {}) {
  const kernel = options.kernel ?? (hasSimd128() ? "simd128" : "scalar");
  if (!KERNELS.includes(kernel)) {
    throw new TallygateError(`kernel ${kernel}`, "there is no kernel of this name", `choose one of: ${KERNELS.join(", ")}`);
  }
  const bytes = bytesOf(image);
  const core = await instantiate(options.wasm ?? (await wasmFor(kernel)));
  const classifier = new Classifier(core, bytes, kernel);
  classifier.check();
  return classifier;
}

/** @param {unknown} image */
function bytesOf(image) {
  if (image instanceof ArrayBuffer) return new Uint8Array(image);
  if (ArrayBuffer.isView(image)) return new Uint8Array(image.buffer, image.byteOffset, image.byteLength);
  throw new TallygateError("the image", "is neither an ArrayBuffer nor a view of one", "pass the bytes of model.integer.bin");
}

/** @param {string} kernel */
async function wasmFor(kernel) {
  const { WASM } = await (kernel === "simd128" ? import("./wasm/simd128.js") : import("./wasm/scalar.js"));
  return Uint8Array.from(atob(WASM), (character) => character.charCodeAt(0));
}

/**
 * @param {ArrayBuffer | ArrayBufferView} wasm
 * @returns {Promise<Core>}
 */
async function instantiate(wasm) {
  try {
    const { instance } = await WebAssembly.instantiate(/** @type {BufferSource} */ (wasm), {});
    const core = /** @type {Core} */ (/** @type {unknown} */ (instance.exports));
    core._initialize();
    return core;
  } catch (error) {
    const reason = `cannot be started (${String(error instanceof Error ? error.message : error).split("\n")[0]})`;
    throw new TallygateError("the WebAssembly module", reason, "get it again");
  }
}

/** A loaded image. {@link load} makes it; it answers at once, on the thread that asks. */
export class Classifier {
  /** @type {Core} */ #core;
  /** @type {number[]} */ #taken = [];
  #model = 0;
  #worker = 0;
  /** @type {Float64Array} */ #temperatures;

  /**
   * @param {Core} core
   * @param {Uint8Array} image
   * @param {string} kernel
   */
  constructor(core, image, kernel) {
    this.#core = core;
    const place = this.#keep(image);
    const name = this.#keep(encoded(`${kernel}\0`));
    const opened = this.#keep(new Uint8Array(64));
    this.#check(core.tg_open(place, image.length, name, opened), "the image");
    this.#model = this.#words(opened)[0];
    this.#check(core.tg_worker_open(this.#model, opened), "a worker");
    this.#worker = this.#words(opened)[0];
    core.tg_model_facts(this.#model, opened);
    const [, outputs, labels, maxLength, , , , goldens] = this.#words(opened);
    /**
     * Logits per text.
     * @readonly
     */
    this.outputs = outputs;
    /**
     * Tokens that are read of a text.
     * @readonly
     */
    this.maxLength = maxLength;
    /**
     * The kernel that answers.
     * @readonly
     */
    this.kernel = kernel;
    /**
     * Sorted.
     * @readonly
     */
    this.labels = this.#strings(core.tg_label, labels, opened);
    /**
     * Texts whose answers the image holds; they are asked at load.
     * @readonly
     */
    this.goldens = this.#strings(core.tg_golden, goldens, opened);
    this.#temperatures = Float64Array.from({ length: maxLength }, (_, at) => core.tg_temperature(this.#model, at + 1));
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
    return this.#within((take) => {
      const room = 4 * this.maxLength;
      const [place, ids, starts, ends, count] = [take(bytes), take(room), take(room), take(room), take(8)];
      const core = this.#core;
      this.#check(core.tg_spans(this.#worker, place, bytes.length, ids, starts, ends, count), "the text");
      const read = this.#words(count)[0];
      return tokensIn(bytes, ...[ids, starts, ends].map((at) => new Int32Array(core.memory.buffer, at, read).slice()));
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
    return rows.map((row, at) => this.#probabilities(this.#float32(logits, at), row.length));
  }

  /** Asks every golden text that the image holds. Throws a {@link TallygateError} for a bit that is otherwise. */
  check() {
    this.#within((take) => {
      const at = take(8);
      const status = this.#core.tg_check(this.#worker, at);
      this.#check(status, `golden text ${this.#words(at)[0] + 1} on ${this.kernel}`);
    });
  }

  /** Gives all memory back; the classifier answers no more. */
  close() {
    if (this.#worker) this.#core.tg_worker_close(this.#worker);
    if (this.#model) this.#core.tg_close(this.#model);
    for (const address of this.#taken) this.#core.free(address);
    this.#taken = [];
    this.#worker = this.#model = 0;
  }

  /**
   * @param {readonly string[]} texts
   * @param {number} abstainBelow
   */
  #predictions(texts, abstainBelow) {
    const { logits, tokens } = this.#run(texts);
    return texts.map((_, at) => this.#prediction(this.#float32(logits, at), tokens[at], abstainBelow));
  }

  /**
   * Python hands logits on as float32 and takes scores from those.
   *
   * @param {Float64Array} logits
   * @param {number} at
   */
  #float32(logits, at) {
    return Array.from(logits.subarray(at * this.outputs, (at + 1) * this.outputs), Math.fround);
  }

  /**
   * @param {number[]} logits
   * @param {number} tokens
   * @param {number} abstainBelow
   * @returns {Prediction}
   */
  #prediction(logits, tokens, abstainBelow) {
    const index = logits.length === 1 ? Number(logits[0] > 0) : logits.indexOf(Math.max(...logits));
    const shares = this.#probabilities(logits, tokens);
    const score = shares[index];
    return {
      label: score < abstainBelow ? null : this.labels[index],
      score,
      probabilities: Object.fromEntries(this.labels.map((label, at) => [label, shares[at]])),
      logits,
      engine: "wasm",
      precision: "integer",
      provider: this.kernel,
    };
  }

  /**
   * A sigmoid for one logit, else a softmax, of logits by the temperature of that many tokens.
   *
   * @param {number[]} logits
   * @param {number} tokens
   */
  #probabilities(logits, tokens) {
    const temperature = this.#temperatures[tokens - 1];
    const scaled = (logits.length > 1 ? logits : [0, logits[0]]).map((logit) => logit / temperature);
    const largest = scaled.reduce((one, other) => Math.max(one, other));
    const powers = scaled.map((value) => Math.exp(value - largest));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
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
    return this.#within((take) => {
      const count = texts.length;
      const [bytes, offsets] = [take(joined(texts)), take(new Uint8Array(offsetsOf(texts).buffer))];
      const [logits, tokens] = [take(8 * count * this.outputs), take(4 * count)];
      this.#check(this.#core.tg_run_texts(this.#worker, bytes, offsets, count, logits, tokens), "the texts");
      const { buffer } = this.#core.memory;
      return {
        logits: new Float64Array(buffer, logits, count * this.outputs).slice(),
        tokens: new Int32Array(buffer, tokens, count).slice(),
      };
    });
  }

  /** @param {readonly (readonly number[])[]} rows */
  #runIds(rows) {
    return this.#within((take) => {
      const ids = take(new Uint8Array(Int32Array.from(rows.flat()).buffer));
      const offsets = take(new Uint8Array(offsetsOf(rows).buffer));
      const logits = take(8 * rows.length * this.outputs);
      this.#check(this.#core.tg_run_ids(this.#worker, ids, offsets, rows.length, logits), "ids");
      return new Float64Array(this.#core.memory.buffer, logits, rows.length * this.outputs).slice();
    });
  }

  /**
   * Eight numbers of 32 bits at an address.
   *
   * @param {number} address
   */
  #words(address) {
    return new Uint32Array(this.#core.memory.buffer, address, 8);
  }

  /**
   * @param {(model: number, place: number, size: number) => number} string
   * @param {number} count
   * @param {number} size an address
   * @returns {readonly string[]}
   */
  #strings(string, count, size) {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const strings = Array.from({ length: count }, (_, place) => {
      const at = string(this.#model, place, size);
      return decoder.decode(new Uint8Array(this.#core.memory.buffer, at, this.#words(size)[0]));
    });
    return Object.freeze(strings);
  }

  /**
   * Memory of the core that is given back when `work` is done. `take` copies bytes there, or takes that many.
   *
   * @template T
   * @param {(take: (what: Uint8Array | number) => number) => T} work
   * @returns {T}
   */
  #within(work) {
    if (!this.#worker) throw new TallygateError("the classifier", "is closed", "load the image again");
    /** @type {number[]} */
    const taken = [];
    try {
      return work((what) => {
        const address = this.#take(what);
        taken.push(address);
        return address;
      });
    } finally {
      for (const address of taken) this.#core.free(address);
    }
  }

  /** @param {Uint8Array} bytes */
  #keep(bytes) {
    const address = this.#take(bytes);
    this.#taken.push(address);
    return address;
  }

  /** @param {Uint8Array | number} what */
  #take(what) {
    const size = typeof what === "number" ? what : what.length;
    const address = this.#core.malloc(Math.max(size, 32));
    if (!address) this.#check(NO_MEMORY, "the WebAssembly module");
    if (typeof what !== "number") new Uint8Array(this.#core.memory.buffer, address, size).set(what);
    return address;
  }

  /**
   * @param {number} status
   * @param {string} thing
   */
  #check(status, thing) {
    if (status) throw new TallygateError(thing, this.#message(status), mendOf(status));
  }

  /** @param {number} status */
  #message(status) {
    const { memory, tg_message } = this.#core;
    const from = new Uint8Array(memory.buffer, tg_message(status));
    return new TextDecoder().decode(from.subarray(0, from.indexOf(0)));
  }
}

/** @param {number} status */
function mendOf(status) {
  if (status === NO_MEMORY) return "ask fewer texts at once, or close what is not needed";
  if (status >= IMAGE_STATUSES.first && status <= IMAGE_STATUSES.last) return "get the image again";
  if (status === KERNEL_UNAVAILABLE) return "choose the kernel scalar";
  return status === GOLDEN_DIFFERS ? "do not serve this copy" : "check what is passed";
}

/**
 * UTF-8 of a text; half a surrogate pair, which has none, becomes U+FFFD, which only separates.
 *
 * @param {string} text
 */
function encoded(text) {
  return new TextEncoder().encode(text);
}

/**
 * @param {unknown} text
 * @param {number} number
 */
function checkText(text, number) {
  if (typeof text === "string") return;
  const reason = `is of type ${text === null ? "null" : typeof text}, not a string`;
  throw new TallygateError(`text ${number}`, reason, "pass strings, and drop missing values first");
}

/**
 * The texts from `start` on that go through the core together: at least one.
 *
 * @param {readonly string[]} texts
 * @param {number} start
 */
function windowOf(texts, start) {
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
function joined(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** @param {readonly { length: number }[]} parts */
function offsetsOf(parts) {
  const offsets = new BigInt64Array(parts.length + 1);
  parts.forEach((part, at) => (offsets[at + 1] = offsets[at] + BigInt(part.length)));
  return offsets;
}

/**
 * @param {Uint8Array} bytes
 * @param {Int32Array[]} columns ids, starts and ends, in bytes
 * @returns {Token[]}
 */
function tokensIn(bytes, ...[ids, starts, ends]) {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let [place, units] = [0, 0];
  /** @param {number} to */
  const stepTo = (to) => {
    if (to > place) [place, units] = [to, units + decoder.decode(bytes.subarray(place, to)).length];
    return units;
  };
  return Array.from(ids, (id, at) => {
    const start = stepTo(starts[at]);
    const text = decoder.decode(bytes.subarray(starts[at], ends[at]));
    return { text, start, end: start + text.length, id, known: id !== UNKNOWN_ROW };
  });
}
