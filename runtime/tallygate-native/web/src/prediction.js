// From logits to answers: the one step that is computed here, as Python computes it.

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
 * How much of a text that has not ended an answer is for.
 *
 * @typedef {object} ReadSoFar
 * @property {number} tokens that were read; 1 for a text without any, as the text contract has it
 * @property {boolean} beyond more tokens than `maxLength`: the whole text would be cut there, and the stream has read them all
 */

/** @typedef {Prediction & ReadSoFar} RunningPrediction */

/**
 * What answers need of a model.
 *
 * @typedef {object} Calibrated
 * @property {readonly string[]} labels
 * @property {number} outputs logits per text
 * @property {string} kernel
 * @property {Float64Array} temperatures by the number of tokens, from 1
 */

/**
 * @param {Calibrated} model
 * @param {number[]} logits of one text, as float32
 * @param {number} tokens
 * @param {number} abstainBelow
 * @returns {Prediction}
 */
export function predictionOf(model, logits, tokens, abstainBelow = 0) {
  const index = logits.length === 1 ? Number(logits[0] > 0) : logits.indexOf(Math.max(...logits));
  const shares = probabilitiesOf(model, logits, tokens);
  const score = shares[index];
  return {
    label: score < abstainBelow ? null : model.labels[index],
    score,
    probabilities: Object.fromEntries(model.labels.map((label, at) => [label, shares[at]])),
    logits,
    engine: "wasm",
    precision: "integer",
    provider: model.kernel,
  };
}

/**
 * A sigmoid for one logit, else a softmax, of logits by the temperature of that many tokens.
 *
 * @param {Calibrated} model
 * @param {number[]} logits
 * @param {number} tokens
 */
export function probabilitiesOf({ temperatures }, logits, tokens) {
  const temperature = temperatures[Math.min(tokens, temperatures.length) - 1];
  const scaled = (logits.length > 1 ? logits : [0, logits[0]]).map((logit) => logit / temperature);
  const largest = scaled.reduce((one, other) => Math.max(one, other));
  const powers = scaled.map((value) => Math.exp(value - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/**
 * The logits of one text among many. Python hands logits on as float32 and takes scores from those.
 *
 * @param {Float64Array} logits
 * @param {number} at
 * @param {number} outputs
 */
export function float32Of(logits, at, outputs) {
  return Array.from(logits.subarray(at * outputs, (at + 1) * outputs), Math.fround);
}
