import type { Core } from "./core.js";
/** @import { Core } from "./core.js" */
export declare class Model {
    #private;
    core: Core;
    kernel: string;
    outputs: number;
    maxLength: number;
    isBidirectional: boolean;
    labels: readonly string[];
    goldens: readonly string[];
    temperatures: Float64Array<ArrayBuffer>;
    /**
     * Throws a {@link TallygateError} where the bytes are no image.
     *
     * @param {Core} core
     * @param {Uint8Array} image
     * @param {string} kernel
     */
    constructor(core: Core, image: Uint8Array, kernel: string);
    /** The address of the worker. Throws as {@link checkOpen}. */
    get worker(): number;
    /** Throws a {@link TallygateError} after {@link close}. */
    checkOpen(): void;
    /**
     * The address of a stream: a new one, or one that goes on from a saved state.
     *
     * @param {Uint8Array | null} state
     */
    openStream(state: Uint8Array | null): number;
    /** @param {number} stream an address; of one that is closed already, nothing happens */
    closeStream(stream: number): void;
    /** Gives all memory back. */
    close(): void;
}
