/**
 * tallygate in JavaScript: an LSTM text classifier from one device image, with the bits that Python and C give.
 *
 * Nothing is computed here but the step from logits to probabilities. Tokenizer and LSTM are the C core in WebAssembly,
 * which imports nothing: it can reach neither files nor the network. The module runs as it stands in Node, browsers,
 * workers and Deno; its one import is the WebAssembly, chosen by what the engine can run.
 *
 * @module
 */
export type Prediction = {
    /**
     * null where the caller asked to abstain below a score that this one does not reach
     */
    label: string | null;
    /**
     * calibrated probability of the likeliest label
     */
    score: number;
    /**
     * calibrated, by label; they add up to 1
     */
    probabilities: Record<string, number>;
    /**
     * uncalibrated, as float32: one for two labels (positive means the second), else one each
     */
    logits: number[];
    engine: "wasm";
    precision: "integer";
    /**
     * the kernel that computed it
     */
    provider: string;
};
export type Token = {
    text: string;
    start: number;
    end: number;
    /**
     * row of the embedding
     */
    id: number;
    /**
     * whether the vocabulary holds it
     */
    known: boolean;
};
export type LoadOptions = {
    /**
     * "simd128" or "scalar"; by default the best one that runs here
     */
    kernel?: string;
    /**
     * the C core, for pages that bring it along; by default the one beside this file
     */
    wasm?: ArrayBuffer | ArrayBufferView;
};
export type Core = {
    memory: WebAssembly.Memory;
    _initialize: () => void;
    malloc: (size: number) => number;
    free: (address: number) => void;
    tg_message: (status: number) => number;
    tg_open: (image: number, size: number, kernel: number, model: number) => number;
    tg_close: (model: number) => void;
    tg_model_facts: (model: number, facts: number) => void;
    tg_label: (model: number, place: number, size: number) => number;
    tg_golden: (model: number, place: number, size: number) => number;
    tg_temperature: (model: number, tokens: number) => number;
    tg_worker_open: (model: number, worker: number) => number;
    tg_worker_close: (worker: number) => void;
    tg_check: (worker: number, at: number) => number;
    tg_spans: (worker: number, text: number, size: number, ids: number, starts: number, ends: number, count: number) => number;
    tg_run_ids: (worker: number, ids: number, offsets: number, texts: number, logits: number) => number;
    tg_run_texts: (worker: number, bytes: number, offsets: number, texts: number, logits: number, tokens: number) => number;
};
/** What went wrong, in one line: the thing, the reason, the mend. */
export declare class TallygateError extends Error {
    thing: string;
    reason: string;
    mend: string;
    /**
     * @param {string} thing
     * @param {string} reason
     * @param {string} mend
     */
    constructor(thing: string, reason: string, mend: string);
}
/** Whether this engine runs SIMD128. */
export declare function hasSimd128(): boolean;
/**
 * Opens a device image (`model.integer.bin` of a bundle) and asks it every golden text that it holds.
 *
 * Throws a {@link TallygateError} where it is no image, is damaged or altered, or answers otherwise than at export.
 *
 * @param {ArrayBuffer | ArrayBufferView} image
 * @param {LoadOptions} [options]
 * @returns {Promise<Classifier>}
 */
export declare function load(image: ArrayBuffer | ArrayBufferView, options?: LoadOptions): Promise<Classifier>;
/** A loaded image. {@link load} makes it; it answers at once, on the thread that asks. */
export declare class Classifier {
    #private;
    /**
     * Logits per text.
     * @readonly
     */
    outputs: number;
    /**
     * Tokens that are read of a text.
     * @readonly
     */
    maxLength: number;
    /**
     * The kernel that answers.
     * @readonly
     */
    kernel: string;
    /**
     * Sorted.
     * @readonly
     */
    labels: readonly string[];
    /**
     * Texts whose answers the image holds; they are asked at load.
     * @readonly
     */
    goldens: readonly string[];
    /**
     * @param {Core} core
     * @param {Uint8Array} image
     * @param {string} kernel
     */
    constructor(core: Core, image: Uint8Array, kernel: string);
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
    predict(texts: string, options?: {
        abstainBelow?: number;
    }): Prediction;
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
    predict(texts: readonly string[], options?: {
        abstainBelow?: number;
    }): Prediction[];
    /**
     * The exact logits of texts, one text after the other.
     *
     * @param {readonly string[]} texts
     * @returns {Float64Array}
     */
    logits(texts: readonly string[]): Float64Array;
    /**
     * What a text becomes: rows of the embedding.
     *
     * @param {string} text
     * @returns {number[]}
     */
    encode(text: string): number[];
    /**
     * The tokens that are read of a text. One without any is read as one unknown token, which stands nowhere.
     *
     * @param {string} text
     * @returns {Token[]}
     */
    tokens(text: string): Token[];
    /**
     * Probabilities by label for rows of ids, one array a row.
     *
     * @param {readonly (readonly number[])[]} rows
     * @returns {number[][]}
     */
    probabilities(rows: readonly (readonly number[])[]): number[][];
    /** Asks every golden text that the image holds. Throws a {@link TallygateError} for a bit that is otherwise. */
    check(): void;
    /** Gives all memory back; the classifier answers no more. */
    close(): void;
}
