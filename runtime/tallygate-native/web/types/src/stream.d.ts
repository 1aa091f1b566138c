import type { Model } from "./model.js";
import type { RunningPrediction } from "./prediction.js";
/**
 * Reads one text as it comes; `stream()` of a classifier makes it.
 *
 * Any cut of a text of at most `maxLength` tokens gives what the whole text gives, to the last bit; beyond, it goes on
 * reading, whichever end the bundle keeps, and its answers say so.
 */
export declare class Stream {
    #private;
    /** @param {Model} model */
    constructor(model: Model);
    /**
     * Reads on. A piece may end anywhere, inside a word or a character too: what it cuts is waited for.
     *
     * Throws a {@link TallygateError} for what is no text, of which nothing is read then.
     *
     * @param {string | ArrayBuffer | ArrayBufferView} piece a string, or bytes in UTF-8
     */
    push(piece: string | ArrayBuffer | ArrayBufferView): void;
    /** The answer to what was read so far, as if the text ended here: what `predict` gives for it. */
    get prediction(): RunningPrediction;
    /** The answer to the words that have ended alone, which no later piece changes. */
    get settled(): RunningPrediction;
    /** The exact logits of {@link prediction}. */
    get logits(): Float64Array<ArrayBuffer>;
    /** All that the stream remembers: bytes that any machine, kernel and language resumes (docs/streams.md). */
    state(): Uint8Array<ArrayBuffer>;
    /**
     * Goes on where the saved stream was. Gives the stream itself.
     *
     * Throws a {@link TallygateError} for the state of another model or version, and for bytes that are no state; the
     * stream is then as it was.
     *
     * @param {ArrayBuffer | ArrayBufferView} state
     */
    resume(state: ArrayBuffer | ArrayBufferView): this;
    /** Gives the memory back; the stream answers no more. A stream that nobody holds any more gives it back by itself. */
    close(): void;
}
