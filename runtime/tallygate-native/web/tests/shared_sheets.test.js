// What Python reads and writes too, under the same test names (tests/runtime/records/test_shared_sheets.py).
import assert from "node:assert/strict";
import test from "node:test";
import { csvLine, csvRows, spreadsheetCell, textRows } from "../page/sheet.js";
import { sharedJson } from "./shared.js";

/** @typedef {Record<string, { file: string, rows: [number, string[] | null][] }>} Files */
const { cells, csv, text } = /** @type {{ cells: string[][], csv: Files, text: Files }} */ (sharedJson("sheets"));

for (const [cell, guarded] of cells) {
  test(`test_cells_are_guarded[${JSON.stringify(cell)}]`, () => assert.equal(spreadsheetCell(cell), guarded));
}

for (const [name, { file, rows }] of Object.entries(csv)) {
  test(`test_rows_of_csv_are_equal[${name}]`, () => {
    const [header, ...read] = csvRows(file, ",");
    const width = "cells" in header ? header.cells.length : 0;
    assert.deepEqual(read.map((row) => [row.line, "cells" in row && row.cells.length === width ? row.cells : null]), rows);
  });
}

for (const [name, { file, rows }] of Object.entries(text)) {
  test(`test_lines_of_text_are_equal[${name}]`, () => {
    assert.deepEqual([...textRows(file)].map((row) => [row.line, row.cells]), rows);
  });
}

test("what is written is read back", () => {
  const written = [["a", 'say "b"', "two\nlines", "a,b", "", "\r"], ["1", "x", "y", "z", "", ""]];
  const rows = [...csvRows(written.map(csvLine).join(""), ",")];
  assert.deepEqual(rows.map((row) => "cells" in row && row.cells), [["a", 'say "b"', "two\nlines", "a,b", "", "'\r"], written[1]]);
});

test("a cell of marks costs what its length costs", () => {
  for (const mark of ["\t", " ", "=", ";", "\u200b", " ="]) assert.ok(spreadsheetCell(mark.repeat(300_000)).length >= 300_000);
});
