// The golden files that Python reads too, under the same test names (tests/native: test_shared_goldens, test_streams).
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { load } from "../tallygate.js";
import { KERNELS, MODELS, shared, sharedStreams } from "./shared.js";

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

/** @param {string[]} bits */
function doublesOf(bits) {
  return bits.map((hexadecimal) => Buffer.from(hexadecimal, "hex").readDoubleBE());
}

for (const kernel of KERNELS) {
  test(`test_streams_are_equal_to_the_last_bit[${kernel}]`, async () => {
    const { image, goldens } = sharedStreams();
    const classifier = await load(image, { kernel });
    for (const [name, { steps, "last state": last }] of Object.entries(goldens)) {
      let stream = classifier.stream();
      for (const { piece, tokens, waiting, settled, state } of steps) {
        stream.push(piece);
        const { prediction } = stream;
        assert.deepEqual(bitsOf(stream.logits), waiting, name);
        assert.deepEqual([prediction.tokens, prediction.beyond], [tokens, tokens > classifier.maxLength]);
        assert.deepEqual(prediction.logits, doublesOf(waiting).map(Math.fround));
        assert.deepEqual(stream.settled.logits, doublesOf(settled).map(Math.fround));
        assert.equal(createHash("sha256").update(stream.state()).digest("hex"), state, name);
        stream = classifier.stream().resume(stream.state());
      }
      assert.deepEqual(Buffer.from(stream.state()).toString("base64"), last);
    }
  });
}
