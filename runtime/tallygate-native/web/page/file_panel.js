// The box for a file: dropped or chosen, answered by a worker, its answers downloaded.

import { bars, byId, counted, element, grouped, percent, styled, toneOf } from "./elements.js";
import { FILE_ROWS } from "./files.js";

/** @import { Proof } from "./proof.js" */
/** @import { Progress, Told } from "./files.js" */

/** Bad rows that are listed. */
const BAD_ROWS_SHOWN = 20;

/**
 * @param {Proof} proof
 * @param {string} script what the page runs, for the worker
 */
export function startFiles(proof, script) {
  const panel = new FilePanel(proof, URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  const input = /** @type {HTMLInputElement} */ (byId("file"));
  const drop = byId("drop");
  input.addEventListener("change", () => {
    if (input.files?.length) panel.answer(input.files[0], null);
    input.value = "";
  });
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("tg-over", name === "dragenter" || name === "dragover");
    });
  }
  document.addEventListener("drop", (event) => {
    if (event.dataTransfer?.files.length) panel.answer(event.dataTransfer.files[0], null);
  });
  byId("stop").addEventListener("click", () => panel.stop("Stopped."));
}

class FilePanel {
  #proof;
  #script;
  /** @type {Worker | null} */ #worker = null;
  #download = "";

  /**
   * @param {Proof} proof
   * @param {string} script
   */
  constructor(proof, script) {
    this.#proof = proof;
    this.#script = script;
  }

  /**
   * @param {File} file
   * @param {string | null} column
   */
  answer(file, column) {
    this.stop("");
    const { classifier, parts } = this.#proof;
    // A classic one: from file:// the origin is opaque, and Chromium then refuses module workers.
    const worker = new Worker(this.#script);
    this.#worker = worker;
    worker.addEventListener("message", (event) => this.#told(event.data, file));
    worker.addEventListener("error", (event) => this.#fault(event.message || "the worker cannot be started"));
    worker.postMessage({ image: parts.image, wasm: parts[classifier.kernel], kernel: classifier.kernel, file, column });
    byId("stop").hidden = false;
    this.#status(`Reading ${file.name} \u2026`);
  }

  /** @param {string} status */
  stop(status) {
    this.#worker?.terminate();
    this.#worker = null;
    for (const id of ["stop", "progress", "column-part", "file-done"]) byId(id).hidden = true;
    this.#status(status);
  }

  /**
   * @param {string} text
   * @param {boolean} [isFault]
   */
  #status(text, isFault = false) {
    byId("file-status").textContent = text;
    byId("file-status").className = isFault ? "tg-message fault" : "tg-small";
  }

  /** @param {string} message */
  #fault(message) {
    this.stop("");
    this.#status(message, true);
  }

  /**
   * @param {Told} told
   * @param {File} file
   */
  #told(told, file) {
    if (told.kind === "fault") this.#fault(told.message);
    else if (told.kind === "columns") this.#askColumn(told.names, file);
    else {
      this.#progress(told.progress, told.kind === "done");
      if (told.kind === "done") this.#done(told.progress, told.answers, told.full, file.name);
    }
  }

  /**
   * @param {string[]} names
   * @param {File} file
   */
  #askColumn(names, file) {
    this.stop(`${file.name} has ${grouped(names.length)} columns. Which one holds the texts?`);
    const select = /** @type {HTMLSelectElement} */ (byId("column"));
    select.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
    byId("column-part").hidden = false;
    byId("column-go").onclick = () => this.answer(file, select.value);
    select.focus();
  }

  /**
   * @param {Progress} progress
   * @param {boolean} isDone
   */
  #progress({ rows, share, seconds, bad }, isDone) {
    byId("progress").hidden = false;
    styled(byId("progress-fill"), { width: percent(share, 1) });
    byId("progress").setAttribute("aria-valuenow", (100 * share).toFixed(0));
    const told = [`${isDone ? "Done: " : ""}${counted(rows, "row")} in ${seconds.toFixed(seconds < 1 ? 2 : 1)} s`];
    if (seconds > 0.2) told.push(`${grouped(Math.round(rows / seconds))} a second`);
    if (bad.length) told.push(`${grouped(bad.length)} put aside`);
    this.#status(told.join(" \u00b7 "));
  }

  /**
   * @param {Progress} progress
   * @param {Blob} answers
   * @param {boolean} full
   * @param {string} name
   */
  #done({ rows, counts, bad }, answers, full, name) {
    byId("stop").hidden = true;
    URL.revokeObjectURL(this.#download);
    this.#download = URL.createObjectURL(answers);
    const link = /** @type {HTMLAnchorElement} */ (byId("download"));
    link.href = this.#download;
    link.download = `${name.replace(/\.[^.]*$/, "")}-answers.csv`;
    const { labels } = this.#proof.classifier;
    const shown = labels.map((label, at) => ({ name: label, tone: toneOf(at), share: counts[at] / rows, figure: grouped(counts[at]) }));
    byId("file-bars").replaceChildren(bars(shown.sort((one, other) => (labels.length > 2 ? other.share - one.share : 0)).slice(0, 12)));
    const notes = bad.slice(0, BAD_ROWS_SHOWN).map((row) => element("li", {}, `line ${grouped(row.line)} ${row.reason}`));
    if (bad.length > BAD_ROWS_SHOWN) notes.push(element("li", {}, `${grouped(bad.length - BAD_ROWS_SHOWN)} more`));
    if (full) notes.push(element("li", {}, `stopped at ${grouped(FILE_ROWS)} rows; split the file for the rest`));
    byId("file-notes").replaceChildren(...notes);
    byId("file-done").hidden = false;
  }
}
