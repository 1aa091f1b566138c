// node streaming.mjs: reads texts as they come, as its standard input says. A line in, {image, kernel, state, pieces, whole};
// a line out, {logits, tokens, state, error}. Bytes stand in base64 ({"bytes": ...}), logits as the hexadecimal digits of their bits.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { load } from "../../runtime/tallygate-native/web/tallygate.js";

const classifiers = new Map();

async function classifierOf(image, kernel) {
  const name = `${image} ${kernel}`;
  if (!classifiers.has(name)) classifiers.set(name, await load(readFileSync(image), { kernel }));
  return classifiers.get(name);
}

const bitsOf = (logits) =>
  Array.from(new BigUint64Array(logits.buffer, logits.byteOffset, logits.length), (bits) => bits.toString(16).padStart(16, "0"));
const fromBase64 = (text) => new Uint8Array(Buffer.from(text, "base64"));

async function answer({ image, kernel, state, pieces, whole }) {
  const classifier = await classifierOf(image, kernel);
  if (whole !== undefined) return { logits: bitsOf(classifier.logits([whole])) };
  const stream = classifier.stream();
  try {
    if (state) stream.resume(fromBase64(state.bytes));
    for (const piece of pieces) stream.push(typeof piece === "string" ? piece : fromBase64(piece.bytes));
    const { tokens } = stream.prediction;
    return { logits: bitsOf(stream.logits), tokens, state: Buffer.from(stream.state()).toString("base64") };
  } finally {
    stream.close();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  try {
    console.log(JSON.stringify(await answer(JSON.parse(line))));
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }));
  }
}
