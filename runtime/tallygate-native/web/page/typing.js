// The box for one text: each keystroke is answered at once; what takes longer follows, and gives way to the next one.

import { showRunning, showVerdict } from "./answer.js";
import { byId, element, percent } from "./elements.js";
import { runningOf } from "./running.js";

/** @import { Classifier } from "../tallygate.js" */
/** @typedef {ReturnType<typeof runningOf>} Running */

/** A screen reader is told the answer when the typing rests for so long. */
const REST_MILLISECONDS = 700;

/**
 * @param {Classifier} classifier
 * @param {{ title: string, text: string }[]} examples
 */
export function startTyping(classifier, examples) {
  const box = /** @type {HTMLTextAreaElement} */ (byId("text"));
  const running = runningOf(classifier);
  let resting = 0;
  const answer = () => {
    clearTimeout(resting);
    resting = window.setTimeout(() => tell(classifier, box.value), REST_MILLISECONDS);
    return answerText(classifier, running, box.value, () => box.value);
  };
  box.addEventListener("input", answer);
  byId("clear").addEventListener("click", () => {
    box.value = "";
    box.focus();
    answer();
  });
  byId("examples").replaceChildren(...examples.map(({ title, text }) => {
    const button = element("button", { type: "button", class: "tg-chip" }, title);
    button.addEventListener("click", () => {
      box.value = text;
      answer();
    });
    return element("li", {}, button);
  }));
  byId("examples-part").hidden = !examples.length;
  answer();
}

/**
 * @param {Classifier} classifier
 * @param {Running} running
 * @param {string} text
 * @param {() => string} current what stands in the box now
 */
async function answerText(classifier, running, text, current) {
  const isEmpty = !text.trim();
  byId("nothing").hidden = !isEmpty;
  byId("answer").hidden = isEmpty;
  if (isEmpty) return;
  const start = performance.now();
  const prediction = classifier.predict(text);
  const milliseconds = performance.now() - start;
  const answered = { text, tokens: classifier.tokens(text), prediction, milliseconds, labels: [...classifier.labels] };
  showVerdict(answered);
  byId("how").classList.add("tg-stale");
  const shares = await running.after(text, answered.tokens, () => current() === text);
  if (!shares) return;
  showRunning(answered, shares);
  byId("reread").textContent = running.said();
  byId("how").classList.remove("tg-stale");
}

/**
 * @param {Classifier} classifier
 * @param {string} text
 */
function tell(classifier, text) {
  const prediction = text.trim() ? classifier.predict(text) : null;
  byId("told").textContent = prediction ? `${prediction.label}, ${percent(prediction.score)} sure` : "";
}
