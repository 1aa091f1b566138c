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
export type ReadSoFar = {
    /**
     * that were read; 1 for a text without any, as the text contract has it
     */
    tokens: number;
    /**
     * more tokens than `maxLength`: the whole text would be cut there, and the stream has read them all
     */
    beyond: boolean;
};
export type RunningPrediction = Prediction & ReadSoFar;
export type Calibrated = {
    labels: readonly string[];
    /**
     * logits per text
     */
    outputs: number;
    kernel: string;
    /**
     * by the number of tokens, from 1
     */
    temperatures: Float64Array;
};
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
export declare function predictionOf(model: Calibrated, logits: number[], tokens: number, abstainBelow?: number): Prediction;
/**
 * A sigmoid for one logit, else a softmax, of logits by the temperature of that many tokens.
 *
 * @param {Calibrated} model
 * @param {number[]} logits
 * @param {number} tokens
 */
export declare function probabilitiesOf({ temperatures }: Calibrated, logits: number[], tokens: number): number[];
/**
 * The logits of one text among many. Python hands logits on as float32 and takes scores from those.
 *
 * @param {Float64Array} logits
 * @param {number} at
 * @param {number} outputs
 */
export declare function float32Of(logits: Float64Array, at: number, outputs: number): number[];
