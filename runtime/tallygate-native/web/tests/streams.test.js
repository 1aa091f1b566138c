// Streams as their users meet them. Cuts of any text, and states that travel: tests/web/test_streams.py.
import assert from "node:assert/strict";
import test from "node:test";
import { Stream, TallygateError, load } from "../tallygate.js";
import { KERNELS, shared, sharedStreams } from "./shared.js";

const { image } = sharedStreams();

/** @param {RegExp} message */
const inOneLine = (message) => (/** @type {unknown} */ error) => {
  assert.ok(error instanceof TallygateError);
  assert.match(error.message, message);
  assert.ok(!error.message.includes("\n"));
  return true;
};

test("a running answer is the prediction of the text so far, and what has ended is settled", async () => {
  for (const kernel of KERNELS) {
    const classifier = await load(image, { kernel });
    const stream = classifier.stream();
    let text = "";
    for (const piece of ["go", "od b", "ad, do", "n\u2019", "t ca", "fe\u0301 "]) {
      stream.push(piece);
      text += piece;
      const { tokens, beyond, ...answer } = stream.prediction;
      assert.deepEqual(answer, classifier.predict(text));
      assert.deepEqual([tokens, beyond], [classifier.encode(text).length, false]);
      assert.deepEqual(stream.logits, classifier.logits([text]));
    }
    assert.deepEqual(stream.settled, stream.prediction);
    stream.push("bad");
    assert.notDeepEqual(stream.settled, stream.prediction);
  }
});

test("streams of one classifier do not meet", async () => {
  const classifier = await load(image);
  const [one, other] = [classifier.stream(), classifier.stream()];
  one.push("good ");
  other.push("bad bad ");
  one.push("good");
  assert.deepEqual(one.logits, classifier.logits(["good good"]));
  assert.deepEqual(other.logits, classifier.logits(["bad bad "]));
});

test("beyond the longest text it reads on and says so", async () => {
  const classifier = await load(image);
  const stream = classifier.stream();
  for (let i = 0; i < classifier.maxLength; i++) stream.push("good ");
  const { tokens, beyond } = stream.prediction;
  assert.deepEqual([tokens, beyond], [classifier.maxLength, false]);
  stream.push("bad");
  assert.equal(stream.prediction.tokens, classifier.maxLength + 1);
  assert.equal(stream.prediction.beyond, true);
});

test("a character may be cut: its bytes, and the halves of a surrogate pair", async () => {
  const classifier = await load(image);
  const text = "good \u{1f600}caf\u00e9 \u{10400}";
  const bytes = new TextEncoder().encode(text);
  const byBytes = classifier.stream();
  for (const byte of bytes) byBytes.push(Uint8Array.of(byte));
  const byUnits = classifier.stream();
  for (let at = 0; at < text.length; at++) byUnits.push(text[at]);
  const whole = classifier.stream();
  whole.push(bytes.buffer);
  assert.deepEqual(byBytes.state(), whole.state());
  assert.deepEqual(byUnits.state(), whole.state());
  assert.deepEqual(whole.logits, classifier.logits([text]));
});

test("half a surrogate pair that stays alone only separates", async () => {
  const classifier = await load(image);
  for (const rest of ["bad", new TextEncoder().encode("bad"), "\ud800bad"]) {
    const stream = classifier.stream();
    stream.push("good\ud83d");
    assert.deepEqual(stream.logits, classifier.logits(["good"]));
    assert.throws(() => stream.state(), inOneLine(/^the stream: waits for the second half of a character; push it, /));
    stream.push("");
    stream.push(new Uint8Array());
    stream.push(rest);
    assert.deepEqual(stream.logits, classifier.logits(["good bad"]));
  }
});

test("what is no text is refused in one line, and nothing of it is read", async () => {
  const stream = (await load(image)).stream();
  stream.push("good \ud83d");
  for (const piece of [null, 3, undefined, ["good"], {}]) {
    const wrong = /** @type {string} */ (/** @type {unknown} */ (piece));
    assert.throws(() => stream.push(wrong), inOneLine(/^the piece: is of type \w+, not a string; pass strings, or bytes/));
  }
  for (const bytes of [[0xff], [0x67, 0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90]]) {
    assert.throws(() => stream.push(Uint8Array.from(bytes)), inOneLine(/^the piece: is not valid UTF-8; .* nothing of it was read$/));
  }
  stream.push("\ude00bad");
  assert.deepEqual(stream.logits, (await load(image)).logits(["good \u{1f600}bad"]));
});

test("a model that reads from both ends is refused in one line", async () => {
  const both = await load(shared("three-labels").image);
  assert.deepEqual([both.isBidirectional, (await load(image)).isBidirectional], [true, false]);
  assert.throws(() => both.stream(), inOneLine(/^this model: reads texts from both ends, so it cannot read one as it comes; /));
});

test("what is no state of this model is refused in one line, and the stream is as it was", async () => {
  const stream = (await load(image)).stream();
  stream.push("good ba");
  const state = stream.state();
  const other = (await load(shared("two-labels").image)).stream();
  other.push("good");
  /** @param {number} at */
  const altered = (at) => state.map((byte, place) => (place === at ? byte ^ 1 : byte));
  /** @type {[unknown, RegExp][]} */
  const wrong = [
    [new Uint8Array(0), /^the stream's state: is no state of a stream, or is damaged; save it again$/],
    [state.subarray(1), /is no state of a stream/],
    [state.subarray(0, state.length - 1), /is no state of a stream/],
    [Uint8Array.from([...state, 0]), /is no state of a stream/],
    [crypto.getRandomValues(new Uint8Array(state.length)), /is no state of a stream/],
    ...[0, 8, 20, 50, 100, state.length - 1].map((at) => /** @type {[unknown, RegExp]} */ ([altered(at), /is no state of a stream/])),
    [other.state(), /^the stream's state: is of another model; resume it with the bundle that it was saved with$/],
    ["state", /^the stream's state: is neither an ArrayBuffer nor a view of one; pass what state\(\) gave$/],
    [null, /^the stream's state: is neither/],
  ];
  for (const [bytes, message] of wrong) {
    assert.throws(() => stream.resume(/** @type {Uint8Array} */ (bytes)), inOneLine(message));
    assert.deepEqual(stream.state(), state);
  }
});

test("a state is a value: a buffer and a view into one resume alike, and what reads on does not change it", async () => {
  const classifier = await load(image);
  const stream = classifier.stream();
  stream.push("good ba");
  const state = stream.state();
  const kept = state.slice();
  stream.push("d");
  const longer = new Uint8Array(state.length + 7);
  longer.set(state, 7);
  for (const saved of [state, state.buffer, longer.subarray(7), new DataView(longer.buffer, 7)]) {
    const resumed = classifier.stream().resume(saved);
    resumed.push("d");
    assert.deepEqual(resumed.logits, stream.logits);
  }
  assert.deepEqual(state, kept);
});

test("what is closed is refused in one line, and closing twice does no harm", async () => {
  const classifier = await load(image);
  const [closed, open] = [classifier.stream(), classifier.stream()];
  closed.close();
  closed.close();
  const uses = [(/** @type {Stream} */ s) => s.push("good"), (/** @type {Stream} */ s) => s.prediction, (/** @type {Stream} */ s) => s.state()];
  for (const use of uses) assert.throws(() => use(closed), inOneLine(/^the stream: is closed; open a new one$/));
  open.push("good");
  classifier.close();
  for (const use of uses) assert.throws(() => use(open), inOneLine(/^the classifier: is closed; load the image again$/));
  assert.throws(() => classifier.stream(), inOneLine(/^the classifier: is closed/));
  open.close();
});

test("many streams, and many states resumed, take no more memory when they are closed", async () => {
  const classifier = await load(image);
  const state = classifier.stream().state();
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 100_000; i++) {
    const stream = classifier.stream().resume(state);
    stream.push("x");
    stream.close();
  }
  assert.ok(process.memoryUsage().rss - before < 60_000_000);
});
