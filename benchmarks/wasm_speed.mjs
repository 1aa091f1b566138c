// node wasm_speed.mjs FOLDER ORT TALLYGATE ROUNDS BATCH: what wasm_speed.py measures, in one process; prints JSON.
//
// Each round asks every contender once, in turn; a figure is the median over the rounds, of the processor's own time.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, ortPath, tallygatePath, rounds, batch] = process.argv.slice(2);
const { load } = await import(pathToFileURL(tallygatePath).href);
const ort = await import(pathToFileURL(ortPath).href);
ort.env.wasm.numThreads = 1;
const texts = JSON.parse(readFileSync(join(folder, "texts.json"), "utf8"));
const ids = JSON.parse(readFileSync(join(folder, "ids.json"), "utf8"));
const image = readFileSync(join(folder, "model.integer.bin"));
const sorted = ids.toSorted((a, b) => a.length - b.length);

/** Rows of ids as the graph takes them, padded to the longest. */
function feeds(rows) {
  const longest = Math.max(...rows.map((row) => row.length));
  const flat = new BigInt64Array(rows.length * longest);
  rows.forEach((row, r) => row.forEach((id, i) => (flat[r * longest + i] = BigInt(id))));
  const lengths = BigInt64Array.from(rows, (row) => BigInt(row.length));
  return {
    ids: new ort.Tensor("int64", flat, [rows.length, longest]),
    lengths: new ort.Tensor("int64", lengths, [rows.length]),
  };
}

const contenders = {};
for (const kernel of ["simd128", "scalar"]) {
  const classifier = await load(image, { kernel });
  contenders[`tallygate ${kernel}, raw text`] = {
    many: () => classifier.logits(texts),
    one: (i) => classifier.logits([texts[i]]),
  };
  contenders[`tallygate ${kernel}, ids`] = {
    many: () => classifier.probabilities(ids),
    one: (i) => classifier.probabilities([ids[i]]),
  };
}
const answers = {};
for (const precision of ["int8", "fp32"]) {
  const session = await ort.InferenceSession.create(readFileSync(join(folder, `${precision}.onnx`)), { executionProviders: ["wasm"] });
  const name = session.outputNames[0];
  const many = async (size) => {
    for (let start = 0; start < sorted.length; start += size) await session.run(feeds(sorted.slice(start, start + size)));
  };
  contenders[`onnxruntime-web ${precision}, ids`] = {
    many: () => many(Number(batch)),
    one: (i) => session.run(feeds([ids[i]])),
  };
  answers[precision] = [];
  for (const row of ids.slice(0, 50)) answers[precision].push((await session.run(feeds([row])))[name].data[0]);
}
const ours = Array.from((await load(image)).logits(texts.slice(0, 50)));

const clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const seconds = Object.fromEntries(Object.keys(contenders).map((name) => [name, { many: [], one: [] }]));
for (const contender of Object.values(contenders)) await contender.one(0);
for (let round = 0; round < Number(rounds); round++) {
  for (const [name, contender] of Object.entries(contenders)) {
    let start = clock();
    await contender.many();
    seconds[name].many.push(clock() - start);
    for (let i = 0; i < Math.min(50, texts.length); i++) {
      start = clock();
      await contender.one(i);
      seconds[name].one.push(clock() - start);
    }
  }
}
const figures = Object.fromEntries(
  Object.entries(seconds).map(([name, { many, one }]) => [
    name,
    { texts_per_s: texts.length / median(many), one_ms: 1000 * median(one) },
  ]),
);
const difference = (logits) => Math.max(...logits.map((logit, i) => Math.abs(logit - ours[i])));
console.log(
  JSON.stringify({
    node: process.version,
    "onnxruntime-web": ort.env.versions.web,
    differences: { int8: difference(answers.int8), fp32: difference(answers.fp32) },
    figures,
  }),
);
