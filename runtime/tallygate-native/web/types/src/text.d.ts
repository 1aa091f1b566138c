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
/**
 * UTF-8 of a text; half a surrogate pair, which has none, becomes U+FFFD, which only separates.
 *
 * @param {string} text
 */
export declare function encoded(text: string): Uint8Array<ArrayBuffer>;
/** Texts as they stand in the core: a U+FEFF at the front is a character. */
export declare function decoder(): TextDecoder;
/**
 * @param {unknown} text
 * @param {number} number
 */
export declare function checkText(text: unknown, number: number): void;
/**
 * The bytes of a buffer or a view of one; null for anything else.
 *
 * @param {unknown} data
 */
export declare function bytesOf(data: unknown): Uint8Array<ArrayBufferLike> | null;
/**
 * The texts from `start` on that go through the core together: at least one.
 *
 * @param {readonly string[]} texts
 * @param {number} start
 */
export declare function windowOf(texts: readonly string[], start: number): Uint8Array<ArrayBufferLike>[];
/** @param {Uint8Array[]} parts */
export declare function joined(parts: Uint8Array[]): Uint8Array<ArrayBuffer>;
/**
 * Where each of the parts begins when they stand one after the other, and where the last one ends: int64, as bytes.
 *
 * @param {readonly { length: number }[]} parts
 */
export declare function offsetsOf(parts: readonly {
    length: number;
}[]): Uint8Array<ArrayBuffer>;
/**
 * @param {Uint8Array} bytes
 * @param {Int32Array[]} columns ids, starts and ends, in bytes
 * @returns {Token[]}
 */
export declare function tokensIn(bytes: Uint8Array, ...[ids, starts, ends]: Int32Array[]): Token[];
