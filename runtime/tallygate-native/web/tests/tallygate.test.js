import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { TallygateError, hasSimd128, load } from "../tallygate.js";
import { KERNELS, shared } from "./shared.js";

const { image, rows } = shared("two-labels");
const HALF_A_PAIR = "good \ud800 bad";

/**
 * @param {RegExp} message
 * @returns {(error: unknown) => true}
 */
const inOneLine = (message) => (error) => {
  assert.ok(error instanceof TallygateError);
  assert.match(error.message, message);
  assert.ok(!error.message.includes("\n"));
  return true;
};

test("the kernel is chosen by what the engine can run", async () => {
  assert.equal((await load(image)).kernel, hasSimd128() ? "simd128" : "scalar");
});

test("one text gives one prediction, a list gives a list in its order", async () => {
  const classifier = await load(image);
  const [good, bad] = classifier.predict(["good", "bad"]);
  assert.deepEqual(classifier.predict("good"), good);
  assert.notDeepEqual(good.logits, bad.logits);
  assert.deepEqual(classifier.predict([]), []);
});

test("a prediction says what gave it", async () => {
  const classifier = await load(image, { kernel: "scalar" });
  const { engine, precision, provider, label, score, probabilities } = classifier.predict("good good");
  assert.deepEqual([engine, precision, provider], ["wasm", "integer", "scalar"]);
  assert.equal(score, Math.max(...Object.values(probabilities)));
  assert.equal(label !== null && probabilities[label], score);
});

test("an answer does not depend on its neighbours", async () => {
  for (const kernel of KERNELS) {
    const classifier = await load(image, { kernel });
    const texts = Array.from({ length: 2100 }, (_, at) => rows[at % rows.length].text);
    const together = classifier.logits(texts);
    texts.forEach((text, at) => assert.equal(together[at], classifier.logits([text])[0]));
  }
});

test("a text that is larger than a window", async () => {
  const classifier = await load(image);
  const long = "good bad ".repeat(600_000);
  assert.deepEqual(classifier.encode(long), classifier.encode("good bad ".repeat(classifier.maxLength / 2)));
  assert.equal(classifier.predict([long, "good", long]).length, 3);
});

test("below a threshold there is no label", async () => {
  const classifier = await load(image);
  assert.equal(classifier.predict("good", { abstainBelow: 1 }).label, null);
  assert.notEqual(classifier.predict("good", { abstainBelow: 0 }).label, null);
  for (const abstainBelow of [-0.1, 1.1, NaN]) {
    assert.throws(() => classifier.predict("good", { abstainBelow }), inOneLine(/^abstainBelow .*: is no probability; /));
  }
});

test("tokens say where they stand", async () => {
  const classifier = await load(image);
  const { text, ids } = rows[4];
  for (const row of rows) {
    const tokens = classifier.tokens(row.text);
    assert.deepEqual(tokens.map((token) => token.id), row.ids);
    tokens.forEach((token, at) => {
      assert.equal(row.text.slice(token.start, token.end), token.text);
      assert.ok(at === 0 || token.start >= tokens[at - 1].end);
      assert.equal(token.known, token.id !== 1);
    });
  }
  assert.equal(ids.length, classifier.tokens(text).length);
  assert.deepEqual(
    classifier.tokens("\u{1f600} Good, don\u2019t \u{1f600}bad").map((token) => [token.text, token.start, token.end]),
    [["Good", 3, 7], [",", 7, 8], ["don\u2019t", 9, 14], ["bad", 17, 20]],
  );
});

test("tokens of a text that is too long are those that are read", async () => {
  const last = await load(image);
  const text = "ax ".repeat(45) + "good";
  assert.equal(last.tokens(text).at(-1)?.text, "good");
  assert.equal(last.tokens(text)[0].start, 3 * 6);
  const first = await load(shared("three-labels").image);
  assert.deepEqual([first.tokens(text).length, first.tokens(text)[0].start], [40, 0]);
});

test("half a surrogate pair only separates", async () => {
  const classifier = await load(image);
  assert.deepEqual(classifier.encode(HALF_A_PAIR), classifier.encode("good bad"));
});

test("probabilities of ids are those of the text", async () => {
  for (const model of ["two-labels", "three-labels"]) {
    const classifier = await load(shared(model).image);
    const predictions = classifier.predict(rows.map((row) => row.text));
    const probabilities = classifier.probabilities(rows.map((row) => classifier.encode(row.text)));
    assert.deepEqual(probabilities, predictions.map((prediction) => Object.values(prediction.probabilities)));
  }
});

test("what is no text is refused in one line", async () => {
  const classifier = await load(image);
  const texts = /** @type {string[]} */ (/** @type {unknown} */ (["good", null]));
  assert.throws(() => classifier.predict(texts), inOneLine(/^text 2: is of type null, not a string; /));
});

test("ids that no row has are refused in one line", async () => {
  const classifier = await load(image);
  assert.throws(() => classifier.probabilities([[60]]), inOneLine(/^ids: an id is no row of the embedding; /));
  assert.throws(() => classifier.probabilities([[]]), inOneLine(/^ids: a row of ids is empty/));
});

test("a closed classifier is refused in one line, and closing twice does no harm", async () => {
  const classifier = await load(image);
  classifier.close();
  classifier.close();
  assert.throws(() => classifier.predict("good"), inOneLine(/^the classifier: is closed; load the image again$/));
});

test("every wrong image is refused in one line", async () => {
  /** @type {[Uint8Array, RegExp][]} */
  const wrong = [
    [new Uint8Array(0), /^the image: the image is cut off/],
    [image.subarray(0, 63), /^the image: the image is cut off/],
    [image.subarray(0, image.length - 1), /^the image: the image is cut off/],
    [Uint8Array.from([...image, 0]), /^the image: the image is cut off/],
    [new Uint8Array(4096), /^the image: this is not a device image; get the image again$/],
    [altered(8, 2), /^the image: the image needs a newer library; /],
  ];
  for (const [bytes, message] of wrong) await assert.rejects(load(bytes), inOneLine(message));
  const text = /** @type {ArrayBuffer} */ (/** @type {unknown} */ ("image"));
  await assert.rejects(load(text), inOneLine(/^the image: is neither an ArrayBuffer nor a view of one; /));
});

test("an image with any bit altered is refused in one line", async () => {
  for (let at = 40; at < image.length; at += 97) {
    await assert.rejects(load(altered(at, image[at] ^ (1 << at % 8))), inOneLine(/^the image: /));
  }
});

test("a buffer, a view into one and a shared view are images alike", async () => {
  const buffer = new ArrayBuffer(image.length + 3);
  new Uint8Array(buffer, 3).set(image);
  const logits = (await load(image)).logits(["good"]);
  assert.deepEqual((await load(image.slice().buffer)).logits(["good"]), logits);
  assert.deepEqual((await load(new DataView(buffer, 3))).logits(["good"]), logits);
});

test("a wrong kernel or module is refused in one line", async () => {
  await assert.rejects(load(image, { kernel: "avx2" }), inOneLine(/^kernel avx2: there is no kernel of this name; /));
  await assert.rejects(load(image, { wasm: new Uint8Array(9) }), inOneLine(/^the WebAssembly module: cannot be started/));
});

test("asking many times takes no more memory", async () => {
  const classifier = await load(image);
  const text = "good ".repeat(20_000);
  classifier.predict([text]);
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 1500; i++) classifier.predict([text]);
  assert.ok(process.memoryUsage().rss - before < 75_000_000);
});

/**
 * @param {number} at
 * @param {number} value
 */
function altered(at, value) {
  const bytes = image.slice();
  bytes[at] = value;
  return bytes;
}

/**
 * The image with another SHA-256, so that only its contents can be refused.
 *
 * @param {Uint8Array} bytes
 */
function rehashed(bytes) {
  const hash = createHash("sha256").update(bytes.subarray(0, 32)).update(bytes.subarray(64));
  bytes.set(hash.digest(), 32);
  return bytes;
}

test("an image with altered numbers and a matching hash is refused in one line, or answers", async () => {
  let seed = 1;
  /** @param {number} below */
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const whole = rehashed(image.slice());
  assert.deepEqual(whole, image);
  let refused = 0;
  for (let i = 0; i < 600; i++) {
    const bytes = image.slice();
    const at = i % 3 ? random(700) : random(bytes.length);
    for (let k = 0; k < 1 + random(4); k++) bytes[Math.min(at + k, bytes.length - 1)] = [0, 255, 128, random(256)][random(4)];
    try {
      const classifier = await load(rehashed(bytes));
      classifier.predict(rows.map((row) => row.text));
      classifier.close();
    } catch (error) {
      assert.ok(error instanceof TallygateError && !error.message.includes("\n"), String(error));
      refused++;
    }
  }
  assert.ok(refused > 100);
});
