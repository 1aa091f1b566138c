import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import test from "node:test";
import { load } from "../tallygate.js";
import { bytesFromBase91 } from "../page/base91.js";
import { answerFile } from "../page/files.js";
import { lengthsAsked } from "../page/rereading.js";
import { runningOf } from "../page/running.js";
import { sha256 } from "../page/sha256.js";
import { shuffled } from "../page/shuffling.js";
import { shared } from "./shared.js";

/** @import { Told } from "../page/files.js" */

const { image } = shared("two-labels");

test("SHA-256 is that of node at every length", () => {
  for (const size of [...Array(200).keys(), 1000, 100_003]) {
    const bytes = new Uint8Array(randomBytes(size));
    assert.equal(sha256(bytes), createHash("sha256").update(bytes).digest("hex"));
  }
});

test("what is none of base 91 is refused", () => {
  assert.deepEqual([...bytesFromBase91("")], []);
  assert.equal(new TextDecoder().decode(bytesFromBase91("*%T+Hyu)OeV!")), "tallygate");
  for (const text of ["<0", "0 00", "\u00e90", "~~", "00\n", "000~", "&0", "~"]) assert.throws(() => bytesFromBase91(text), RangeError);
});

test("all items are shuffled as Python shuffles them", () => {
  // [Random(seed).sample(range(7), 7) for seed in (0, 1, 2**32 - 1)], and the end of Random(0).sample(range(1000), 1000)
  assert.deepEqual(shuffled([...Array(7).keys()], 0), [6, 3, 5, 0, 1, 2, 4]);
  assert.deepEqual(shuffled([...Array(7).keys()], 1), [1, 4, 0, 2, 5, 6, 3]);
  assert.deepEqual(shuffled([...Array(7).keys()], 4294967295), [5, 4, 1, 6, 2, 3, 0]);
  assert.deepEqual(shuffled([...Array(1000).keys()], 0).slice(-5), [237, 549, 160, 621, 439]);
});

test("all beginnings of a short text are asked, and of a long one some, the whole among them", () => {
  assert.deepEqual(lengthsAsked(1), [1]);
  assert.deepEqual(lengthsAsked(446), Array.from({ length: 446 }, (_, at) => at + 1));
  for (const length of [447, 1000, 65_536]) {
    const lengths = lengthsAsked(length);
    assert.equal(lengths[0], 1);
    assert.equal(lengths.at(-1), length);
    assert.ok(lengths.every((value, at) => at === 0 || value > lengths[at - 1]));
    assert.ok(lengths.reduce((sum, value) => sum + value, 0) <= 150_000 + length);
  }
});

const TYPED = [
  "good", "good bad", "good bad ax", "bad bad ax", "", "good bad ax by bz good", "good bad", "goo", "good d", "good don", "good don\u2019",
  "good don\u2019t", "good cafe", "good cafe\u0301", "cafe\u0301 good", " \ufeff good", "good =", "good =\u0338", "good <b", "good <br", "good <br>bad",
  "good \ud83d", "good \ud83d\ude00 bad", "ax ay ".repeat(70), "ax ay ".repeat(70) + "b", "ax ".repeat(70) + "by ".repeat(70), "ax ay ".repeat(64), "!?",
];

for (const model of ["two-labels", "three-labels"]) {
  test(`the running answer is the same whatever was typed before[${model}]`, async () => {
    const classifier = await load(shared(model).image);
    const running = runningOf(classifier);
    for (const text of [...TYPED, ...[...TYPED].reverse()]) {
      const tokens = classifier.tokens(text);
      const ids = tokens.map((token) => token.id);
      const alone = ids.map((_, at) => classifier.probabilities([ids.slice(0, at + 1)])[0]);
      assert.deepEqual(await running.after(text, tokens, () => true), alone, text);
    }
  });

  test(`a running answer that nobody wants any more stops, and the next one is right[${model}]`, async () => {
    const classifier = await load(shared(model).image);
    const running = runningOf(classifier);
    const text = "good bad ".repeat(20);
    const tokens = classifier.tokens(text);
    assert.equal(await running.after(text, tokens, () => false), null);
    const after = await running.after(text, tokens, () => true);
    assert.deepEqual(after?.at(-1), Object.values(classifier.predict(text).probabilities));
  });
}

test("only a model that reads from both ends has its beginnings read anew, and says so", async () => {
  const said = [];
  for (const model of ["two-labels", "three-labels"]) {
    const classifier = await load(shared(model).image);
    const running = runningOf(classifier);
    await running.after("good bad", classifier.tokens("good bad"), () => true);
    said.push(running.said());
  }
  assert.deepEqual(said, ["", "This model reads texts from both ends, so each beginning was read anew."]);
});

/**
 * @param {string} text
 * @param {string} name
 */
async function answersTo(text, name) {
  const core = Buffer.from((await import("../wasm/scalar.js")).WASM, "base64");
  /** @type {Told[]} */
  const told = [];
  await answerFile({ image, wasm: core, kernel: "scalar", file: new File([text], name), column: null }, (what) => told.push(what));
  return told;
}

test("a file of 20,000 rows is told on the way, and bounded", async () => {
  const told = await answersTo("text\n" + "good bad\n".repeat(20_000), "texts.CSV");
  const shares = told.flatMap((what) => (what.kind === "progress" ? [what.progress.share] : []));
  assert.equal(shares.length, Math.floor(20_000 / 256));
  assert.deepEqual(shares, [...shares].sort((one, other) => one - other));
  const last = told[told.length - 1];
  assert.ok(last.kind === "done" && last.progress.rows === 20_000 && !last.full);
  assert.equal((await last.answers.text()).split("\n").length, 20_002);
});

test("beyond 200,000 rows it stops and says so", async () => {
  const told = await answersTo("a\n".repeat(200_001), "texts.txt");
  const last = told[told.length - 1];
  assert.ok(last.kind === "done" && last.progress.rows === 200_000 && last.full);
});

test("a file of another kind is refused after many bad rows", async () => {
  await assert.rejects(answersTo("id,text\n" + "1\n".repeat(10_001), "texts.csv"), /has more than 10,000 rows that cannot be used/);
});
