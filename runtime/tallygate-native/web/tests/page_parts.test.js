import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import test from "node:test";
import { load } from "../tallygate.js";
import { bytesFromBase85 } from "../page/base85.js";
import { answerFile } from "../page/files.js";
import { Running, lengthsAsked } from "../page/running.js";
import { sha256 } from "../page/sha256.js";
import { shared } from "./shared.js";

/** @import { Told } from "../page/files.js" */

const { image } = shared("two-labels");

test("SHA-256 is that of node at every length", () => {
  for (const size of [...Array(200).keys(), 1000, 100_003]) {
    const bytes = new Uint8Array(randomBytes(size));
    assert.equal(sha256(bytes), createHash("sha256").update(bytes).digest("hex"));
  }
});

test("what is none of base 85 is refused", () => {
  assert.deepEqual([...bytesFromBase85("")], []);
  assert.equal(new TextDecoder().decode(bytesFromBase85("bYX04d1qmCWd")), "tallygate");
  for (const text of ["<0000", "00 00", "\u00e90000", "~~~~~", "0000\n"]) assert.throws(() => bytesFromBase85(text), RangeError);
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

test("the running answer is the same whatever was typed before", async () => {
  const classifier = await load(image);
  const texts = ["good", "good bad", "good bad ax", "bad bad ax", "", "good bad ax by bz good", "good bad"];
  const running = new Running(classifier);
  for (const text of texts) {
    const ids = classifier.encode(text);
    const alone = ids.map((_, at) => classifier.probabilities([ids.slice(0, at + 1)])[0]);
    assert.deepEqual(await running.after(ids, () => true), alone);
  }
});

test("a running answer that nobody wants any more stops, and the next one is right", async () => {
  const classifier = await load(image);
  const running = new Running(classifier);
  const ids = classifier.encode("good bad ".repeat(20));
  assert.equal(await running.after(ids, () => false), null);
  const after = await running.after(ids, () => true);
  assert.deepEqual(after?.at(-1), classifier.probabilities([ids])[0]);
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
