// Answering a file: what the worker does, so that the page stays quick, and how the page asks it.

import { TallygateError, load } from "../tallygate.js";
import { csvLine, csvRows, textRows } from "./sheet.js";

/** @import { Classifier, Prediction } from "../tallygate.js" */
/** @import { BadRow, SheetRow } from "./sheet.js" */

/** Largest file; it is held whole. */
export const FILE_BYTES = 100 * 2 ** 20;
/** Most rows of a file that are answered. */
export const FILE_ROWS = 200_000;
/** Most bad rows that are kept apart; with more, the file is of another kind. */
const BAD_ROWS = 10_000;
/** Rows between two words about how far it is. */
const WINDOW = 256;
/** What a column of texts is called, the likeliest first. */
const TEXT_COLUMNS = ["text", "review", "sentence"];
/** @type {Record<string, string>} */
const DELIMITERS = { csv: ",", tsv: "\t", tab: "\t" };
const OTHER_KINDS = ["parquet", "xlsx", "xls", "ods", "zip", "gz", "json", "jsonl", "ndjson", "pdf", "doc", "docx"];

/**
 * @typedef {object} Progress
 * @property {number} rows
 * @property {number} share of the file
 * @property {number} seconds
 * @property {number[]} counts rows by label
 * @property {BadRow[]} bad
 */
/**
 * @typedef {{ kind: "progress", progress: Progress }
 *   | { kind: "done", progress: Progress, answers: Blob, full: boolean }
 *   | { kind: "columns", names: string[] }
 *   | { kind: "fault", message: string }} Told what the worker tells
 */
/** @typedef {{ image: Uint8Array, wasm: Uint8Array, kernel: string, file: File, column: string | null }} Order */

/** Answers one order, and then what comes next. */
export function serveFiles() {
  self.addEventListener("message", async (event) => {
    try {
      await answerFile(/** @type {Order} */ (event.data), (told) => self.postMessage(told));
    } catch (error) {
      self.postMessage({ kind: "fault", message: error instanceof Error ? error.message : String(error) });
    }
  });
}

/**
 * @param {Order} order
 * @param {(told: Told) => void} tell
 */
export async function answerFile({ image, wasm, kernel, file, column }, tell) {
  const text = await textOf(file);
  const table = tableOf(text, file.name, column);
  if (table.place < 0) return tell({ kind: "columns", names: table.names });
  const run = new FileRun(await load(image, { wasm, kernel }), text.length, table.place, table.names.length);
  for (const row of table.rows) {
    if (!run.take(row, file.name)) break;
    if (run.isWindow()) tell({ kind: "progress", progress: run.answer() });
  }
  const progress = run.answer();
  if (!progress.rows) throw new TallygateError(file.name, "has no row that can be used", run.firstFault());
  tell({ kind: "done", progress: { ...progress, share: 1 }, answers: run.file(), full: run.full });
}

/** @param {File} file */
async function textOf(file) {
  if (file.size > FILE_BYTES) throw new TallygateError(file.name, `is larger than ${FILE_BYTES >> 20} MiB`, "split it");
  if (OTHER_KINDS.includes(endingOf(file.name))) {
    throw new TallygateError(file.name, "is no file of lines", "save it as .csv or .txt");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await file.arrayBuffer());
  } catch {
    throw new TallygateError(file.name, "cannot be read as UTF-8", "save it again as UTF-8");
  }
}

/** @param {string} name */
function endingOf(name) {
  return name.includes(".") ? name.slice(name.lastIndexOf(".") + 1).toLowerCase() : "";
}

/**
 * The rows, the columns and the place of the texts; -1 where somebody has to say it.
 *
 * @param {string} text
 * @param {string} name
 * @param {string | null} column
 */
function tableOf(text, name, column) {
  const delimiter = DELIMITERS[endingOf(name)];
  if (!delimiter) return { rows: textRows(text), names: ["text"], place: 0 };
  const rows = csvRows(text, delimiter);
  const header = rows.next().value;
  if (!header) throw new TallygateError(name, "has no rows", "give at least one");
  if ("reason" in header) throw new TallygateError(`${name} line ${header.line}`, header.reason, "mend that row: it is the header");
  const names = header.cells;
  return { rows, names, place: column === null ? guessed(names) : names.indexOf(column) };
}

/** @param {string[]} names */
function guessed(names) {
  if (names.length === 1) return 0;
  const folded = names.map((name) => name.trim().toLowerCase());
  return folded.indexOf(TEXT_COLUMNS.find((name) => folded.includes(name)) ?? "\0");
}

class FileRun {
  /** @type {string[]} */ #lines;
  /** @type {{ line: number, text: string }[]} */ #window = [];
  /** @type {BadRow[]} */ #bad = [];
  /** @type {number[]} */ #counts;
  #rows = 0;
  #read = 0;
  #start = performance.now();
  full = false;

  /**
   * @param {Classifier} classifier
   * @param {number} length of the file, in characters
   * @param {number} place of the texts
   * @param {number} width cells of a row
   */
  constructor(classifier, length, place, width) {
    this.classifier = classifier;
    this.length = length;
    this.place = place;
    this.width = width;
    const probabilities = classifier.labels.map((label) => `probability_${label}`);
    const logits = classifier.outputs === 1 ? ["logit"] : classifier.labels.map((label) => `logit_${label}`);
    this.#lines = [csvLine(["line", "label", "score", ...probabilities, ...logits, "engine", "precision", "text"])];
    this.#counts = classifier.labels.map(() => 0);
  }

  /**
   * Whether there is room for more.
   *
   * @param {SheetRow | BadRow} row
   * @param {string} name
   */
  take(row, name) {
    if (this.#rows + this.#window.length === FILE_ROWS) return !(this.full = true);
    if ("reason" in row) this.#putAside(row, name);
    else if (row.cells.length !== this.width) {
      this.#putAside({ line: row.line, reason: `has ${row.cells.length} fields where the header has ${this.width}` }, name);
    } else {
      this.#window.push({ line: row.line, text: row.cells[this.place] });
      this.#read += row.cells.reduce((sum, cell) => sum + cell.length + 1, 0);
    }
    return true;
  }

  /**
   * @param {BadRow} bad
   * @param {string} name
   */
  #putAside(bad, name) {
    this.#bad.push(bad);
    if (this.#bad.length > BAD_ROWS) {
      const reason = `has more than ${BAD_ROWS.toLocaleString("en-US")} rows that cannot be used; line ${bad.line} ${bad.reason}`;
      throw new TallygateError(name, reason, "check that its name fits what it holds");
    }
  }

  isWindow() {
    return this.#window.length === WINDOW;
  }

  /** Answers the rows that were taken, and says how far it is. @returns {Progress} */
  answer() {
    const predictions = this.classifier.predict(this.#window.map((row) => row.text));
    this.#window.forEach((row, at) => this.#lines.push(this.#line(row, predictions[at])));
    this.#rows += this.#window.length;
    this.#window = [];
    return {
      rows: this.#rows,
      share: Math.min(1, this.#read / Math.max(1, this.length)),
      seconds: (performance.now() - this.#start) / 1000,
      counts: this.#counts,
      bad: this.#bad,
    };
  }

  /**
   * @param {{ line: number, text: string }} row
   * @param {Prediction} prediction
   */
  #line({ line, text }, { label, score, probabilities, logits, engine, precision }) {
    this.#counts[this.classifier.labels.indexOf(label ?? "")]++;
    return csvLine([line, label ?? "", score, ...Object.values(probabilities), ...logits, engine, precision, text]);
  }

  firstFault() {
    const bad = this.#bad[0];
    return bad ? `line ${bad.line} ${bad.reason}: mend that row` : "give at least one";
  }

  /** The answers, as a file. */
  file() {
    return new Blob(this.#lines, { type: "text/csv;charset=utf-8" });
  }
}
