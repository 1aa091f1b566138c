import { Classifier } from "./classifier.js";
export type LoadOptions = {
    /**
     * "simd128" or "scalar"; by default the best one that runs here
     */
    kernel?: string;
    /**
     * the C core, for pages that bring it along; by default the one of this package
     */
    wasm?: ArrayBuffer | ArrayBufferView;
};
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
