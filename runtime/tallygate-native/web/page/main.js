// The page: it proves itself first, and answers only then. The same script is the worker for files.

import { element, byId, counted, grouped, percent, toneOf } from "./elements.js";
import { startFiles } from "./file_panel.js";
import { serveFiles } from "./files.js";
import { prove } from "./proof.js";
import { startTyping } from "./typing.js";

/** @import { Facts, Proof } from "./proof.js" */

/** What the page's writer put before this script: its bundle's facts. */
const facts = /** @type {{ TALLYGATE_FACTS: Facts }} */ (/** @type {unknown} */ (globalThis)).TALLYGATE_FACTS;

if (typeof document === "undefined") serveFiles();
else openPage();

async function openPage() {
  showName();
  byId("mode").addEventListener("click", switchMode);
  try {
    const proof = await prove(facts, byId("payload").textContent.trim());
    showProof(proof);
    startTyping(proof.classifier, facts.examples);
    startFiles(proof, byId("script").textContent);
    document.documentElement.dataset.state = "proved";
  } catch (error) {
    showFault(error instanceof Error ? error.message : String(error));
    document.documentElement.dataset.state = "refused";
  }
}

function showName() {
  const { labels, score } = facts;
  byId("name").textContent = facts.name;
  const shown = labels.slice(0, 6).flatMap((label, at) => [
    at === 0 ? "" : at === labels.length - 1 ? " or " : ", ",
    element("b", { class: `tone-text-${toneOf(at)}` }, label),
  ]);
  const right = score ? `, and is right on ${percent(score.accuracy)} of ${grouped(score.rows)} ${score.split} texts` : "";
  byId("says").replaceChildren("It says ", ...shown, `${labels.length > 6 ? " \u2026" : ""}${right}. It runs in this page; nothing leaves it.`);
}

/** @param {Proof} proof */
function showProof({ hash, milliseconds, classifier, parts }) {
  const { asked, goldens, words } = facts;
  byId("proof").className = "tg-message good";
  byId("verdict").textContent = `${grouped(asked)} of ${counted(asked, "answer")} equal to the last bit`;
  byId("what-to-do").textContent = `This copy, in this browser, answers as the model did at export; each of its ${counted(words.count, "word")} was asked as well.`;
  byId("hash").textContent = hash;
  byId("hash-part").hidden = false;
  byId("main").hidden = false;
  const [image, wasm] = [parts.image, parts[classifier.kernel]].map((part) => `${grouped(part.length)} bytes`);
  const rows = {
    "golden logits, sha256": hash,
    "bundle, sha256": facts.bundleSha256,
    "image, sha256": `${facts.imageSha256}, ${image}`,
    kernel: `${classifier.kernel}, WebAssembly of ${wasm}`,
    proved: `${grouped(asked)} of the bundle's ${counted(goldens, "golden text")}, ${counted(words.count, "word")} among them, in ${milliseconds.toFixed(0)} ms`,
    "reads at most": counted(classifier.maxLength, "token"),
    "written by": `tallygate ${facts.createdWith}`,
  };
  byId("facts-table").replaceChildren(
    ...Object.entries(rows).map(([name, fact]) => element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, fact))),
  );
}

/** @param {string} message */
function showFault(message) {
  byId("proof").className = "tg-message fault";
  byId("verdict").textContent = "This copy does not answer.";
  byId("what-to-do").textContent = `${message}. What to do: get the page again from where it came, or write it again with tallygate page. If it happens again, this browser or this machine computes wrongly: try another one, and run tallygate verify on the bundle.`;
  byId("main").remove();
}

/** From what the system wants to the other one, and back. */
function switchMode() {
  const root = document.documentElement;
  const isDark = root.dataset.mode ? root.dataset.mode === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.mode = isDark ? "light" : "dark";
}
