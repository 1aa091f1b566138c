// The golden files that Python reads too, under the same test names (tests/native/test_shared_goldens.py).
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../tallygate.js";
import { KERNELS, MODELS, shared } from "./shared.js";

/** @param {Float64Array} logits */
function bitsOf(logits) {
  const view = new DataView(logits.buffer, logits.byteOffset, logits.byteLength);
  return Array.from(logits, (_, at) => view.getBigUint64(8 * at, true).toString(16).padStart(16, "0"));
}

for (const model of MODELS) {
  for (const kernel of KERNELS) {
    const { image, labels, rows } = shared(model);
    const texts = rows.map((row) => row.text);

    test(`test_ids_are_equal[${kernel}-${model}]`, async () => {
      const classifier = await load(image, { kernel });
      assert.deepEqual(texts.map((text) => classifier.encode(text)), rows.map((row) => row.ids));
    });

    test(`test_logits_are_equal_to_the_last_bit[${kernel}-${model}]`, async () => {
      const classifier = await load(image, { kernel });
      assert.deepEqual(bitsOf(classifier.logits(texts)), rows.flatMap((row) => row.logits));
    });

    test(`test_scores_are_equal_to_1e_12[${kernel}-${model}]`, async () => {
      const classifier = await load(image, { kernel });
      assert.deepEqual(classifier.labels, labels);
      classifier.predict(texts).forEach((prediction, at) => {
        const scores = Object.values(prediction.probabilities);
        assert.equal(scores.length, labels.length);
        scores.forEach((score, place) => assert.ok(Math.abs(score - rows[at].scores[place]) <= 1e-12));
      });
    });
  }
}
