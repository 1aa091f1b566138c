// Files of texts, read and written: what tallygate/runtime/records does, for a page. Tests hold both to shared files.

/** @typedef {{ line: number, cells: string[] }} SheetRow a row and the line on which it starts, from 1 */
/** @typedef {{ line: number, reason: string }} BadRow */

const BYTE_ORDER_MARK = "\ufeff";

/**
 * Rows of a CSV file, the header first; blank lines are left out. A bad row does not stop them.
 *
 * @param {string} text
 * @param {string} delimiter
 * @returns {Generator<SheetRow | BadRow>}
 */
export function* csvRows(text, delimiter) {
  const plain = new RegExp(`[^${delimiter}\\r\\n]*`, "y");
  let [at, line] = [text.startsWith(BYTE_ORDER_MARK) ? 1 : 0, 1];
  while (at < text.length) {
    const row = record(text, at, delimiter, plain);
    const lines = linesIn(text, at, row.end);
    if (row.reason) yield { line, reason: row.reason };
    else if (row.cells.length > 1 || row.cells[0] || row.quoted) yield { line, cells: row.cells };
    [at, line] = [row.end, line + lines];
  }
}

/**
 * @param {string} text
 * @param {number} at
 * @param {string} delimiter
 * @param {RegExp} plain
 */
function record(text, at, delimiter, plain) {
  /** @type {string[]} */
  const cells = [];
  for (let quoted = false; ; at++) {
    const cell = text[at] === '"' ? quotedCell(text, at + 1) : plainCell(text, at, plain);
    if (!cell) return { cells, quoted, reason: "opens a quote that is never closed", end: text.length };
    quoted ||= text[at] === '"';
    cells.push(cell.value);
    at = cell.end;
    if (text[at] === delimiter) continue;
    const end = lineEnd(text, at);
    if (end) return { cells, quoted, reason: "", end };
    const next = text.indexOf("\n", at);
    const reason = text[at] === "\r" ? "holds a carriage return outside quotes" : "is not valid CSV (text behind a closing quote)";
    return { cells, quoted, reason, end: next < 0 ? text.length : next + 1 };
  }
}

/**
 * Where the next line begins if this one ends here; 0 where it does not.
 *
 * @param {string} text
 * @param {number} at
 */
function lineEnd(text, at) {
  if (at >= text.length) return text.length;
  if (text[at] === "\n") return at + 1;
  if (text[at] !== "\r") return 0;
  return text[at + 1] === "\n" ? at + 2 : at + 1 === text.length ? text.length : 0;
}

/**
 * @param {string} text
 * @param {number} at
 * @param {RegExp} plain
 */
function plainCell(text, at, plain) {
  plain.lastIndex = at;
  const value = plain.exec(text)?.[0] ?? "";
  return { value, end: at + value.length };
}

/**
 * @param {string} text
 * @param {number} start behind the quote
 */
function quotedCell(text, start) {
  let end = start;
  for (let doubled = false; ; doubled = true) {
    end = text.indexOf('"', end);
    if (end < 0) return null;
    if (text[end + 1] === '"') end += 2;
    else return { value: doubled ? text.slice(start, end).replaceAll('""', '"') : text.slice(start, end), end: end + 1 };
  }
}

/**
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
function linesIn(text, start, end) {
  let lines = 0;
  for (let at = text.indexOf("\n", start); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}

/**
 * Rows of a text file: one text per line, and an empty line is an empty text.
 *
 * @param {string} text
 * @returns {Generator<SheetRow>}
 */
export function* textRows(text) {
  let [at, line] = [text.startsWith(BYTE_ORDER_MARK) ? 1 : 0, 1];
  for (; at < text.length; line++) {
    const end = text.indexOf("\n", at) < 0 ? text.length : text.indexOf("\n", at);
    yield { line, cells: [text.slice(at, end > at && text[end - 1] === "\r" && end < text.length ? end - 1 : end)] };
    at = end + 1;
  }
}

const HIDDEN = " \\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\xa0\\xad\\u1680\\u180e\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ufeff";
const FORMULA = "(?=[=+\\-@\uff1d\uff0b\uff0d\uff20])";
const AT_THE_START = new RegExp(`^(?:(?=[\\t\\r\\n])|[${HIDDEN}]*${FORMULA})`);
const INSIDE = new RegExp(`[;\\t\\r\\n][${HIDDEN}]*${FORMULA}(?!.\\))`, "gs");
const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * A text with an apostrophe wherever a spreadsheet would begin to read a formula.
 *
 * @param {string} text
 */
export function spreadsheetCell(text) {
  if (NUMBER.test(text) && !text.endsWith("\n")) return text;
  const guarded = text.replace(INSIDE, "$&'");
  return AT_THE_START.test(text) ? `'${guarded}` : guarded;
}

/**
 * One line of CSV: comma between, LF behind; texts are guarded, numbers stay.
 *
 * @param {(string | number)[]} cells
 */
export function csvLine(cells) {
  return `${cells.map((cell) => (typeof cell === "number" ? String(cell) : quoted(spreadsheetCell(cell)))).join(",")}\n`;
}

/** @param {string} text */
function quoted(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
