/**
 * tallygate in JavaScript: an LSTM text classifier from one device image, with the bits that Python and C give.
 *
 * Nothing is computed here but the step from logits to probabilities. Tokenizer and LSTM are the C core in WebAssembly,
 * which imports nothing: it can reach neither files nor the network. The module runs as it stands in Node, browsers,
 * workers and Deno; what it imports lies beside it: its parts, and the WebAssembly, chosen by what the engine can run.
 *
 * @module
 */

/** @typedef {import("./src/load.js").LoadOptions} LoadOptions */
/** @typedef {import("./src/prediction.js").Prediction} Prediction */
/** @typedef {import("./src/prediction.js").RunningPrediction} RunningPrediction */
/** @typedef {import("./src/text.js").Token} Token */

export { Classifier } from "./src/classifier.js";
export { TallygateError } from "./src/errors.js";
export { hasSimd128, load } from "./src/load.js";
export { Stream } from "./src/stream.js";
