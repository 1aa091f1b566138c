import { Stream } from "./stream.js";
import type { Core } from "./core.js";
import type { Prediction } from "./prediction.js";
import type { Token } from "./text.js";
/** @import { Core } from "./core.js" */
/** @import { Prediction } from "./prediction.js" */
/** @import { Token } from "./text.js" */
/** A loaded image. `load` makes it; it answers at once, on the thread that asks. */
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
     * Whether the model reads texts from both ends, so that it has no {@link stream}.
     * @readonly
     */
    isBidirectional: boolean;
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
     * Reads one text as it comes, word by word or in whatever pieces.
     *
     * Throws a {@link TallygateError} where the model reads texts from both ends.
     */
    stream(): Stream;
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
    /** Gives all memory back, that of its streams too; the classifier answers no more. */
    close(): void;
}
