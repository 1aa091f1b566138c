// The answer to one text, and how it came about: the curve over its words, and what each word pulls.

import { bars, byId, counted, drawing, element, percent, points, styled, toneOf } from "./elements.js";

/** @import { Prediction, Token } from "../tallygate.js" */

/** Labels that get a bar and a curve. */
const SHOWN_LABELS = 6;
/** Words that the curve names, and their least distance in shares of its width. */
const MARKS = 5;
const MARK_DISTANCE = 0.14;
const MARK_LETTERS = 18;
/** A pull of so much of the scale has the full colour. */
const FULL_PULL = 0.25;

/**
 * @typedef {object} Answered
 * @property {string} text
 * @property {Token[]} tokens
 * @property {Prediction} prediction
 * @property {number} milliseconds
 * @property {string[]} labels
 */

/** @param {Answered} answered */
export function showVerdict({ tokens, prediction, milliseconds, labels }) {
  const label = prediction.label ?? "";
  const order = labels.map((_, at) => at);
  if (labels.length > 2) order.sort((one, other) => prediction.probabilities[labels[other]] - prediction.probabilities[labels[one]]);
  const words = tokens.filter((token) => /[\p{L}\p{N}]/u.test(token.text)).length;
  byId("label").textContent = label;
  byId("label").className = `tg-label tone-text-${toneOf(labels.indexOf(label))}`;
  byId("sure").textContent = `${percent(prediction.score)} sure`;
  byId("bars").replaceChildren(
    bars(
      order.slice(0, SHOWN_LABELS).map((at) => {
        const share = prediction.probabilities[labels[at]];
        return { name: labels[at], tone: toneOf(at), share, figure: percent(share) };
      }),
    ),
  );
  byId("facts").replaceChildren(
    ...[
      `${prediction.precision} on ${prediction.provider}`,
      milliseconds < 0.1 ? "under 0.1 ms" : `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`,
      `${counted(words, "word")} read`,
      `logit ${prediction.logits.slice(0, 8).map((logit) => logit.toFixed(3)).join(" ")}${prediction.logits.length > 8 ? " \u2026" : ""}`,
    ].map((fact) => element("span", {}, fact)),
  );
}

/**
 * @param {Answered} answered
 * @param {number[][]} running probabilities by label after each token
 */
export function showRunning(answered, running) {
  const { labels, prediction, tokens } = answered;
  const focus = labels.length === 2 ? 1 : labels.indexOf(prediction.label ?? "");
  const values = running.map((shares) => shares[focus]);
  const pulls = values.map((value, at) => value - (at ? values[at - 1] : 1 / labels.length));
  const words = tokens.map((token) => token.text || "(no word)");
  const turns = turnsIn(running);
  byId("story").textContent = story(words, pulls, labels[focus], turns);
  byId("chart").replaceChildren(chart(running, labels, focus, words, pulls));
  byId("words").replaceChildren(...wordsWithPulls(answered, values, pulls, focus));
  byId("keys").replaceChildren(...keys(labels, focus, tokens));
  byId("rows").replaceChildren(
    ...words.map((word, at) =>
      element("tr", {}, element("th", { scope: "row" }, word), cell(percent(values[at])), cell(points(pulls[at]))),
    ),
  );
  byId("rows-label").textContent = labels[focus];
}

/** @param {string} text */
function cell(text) {
  return element("td", { class: "num" }, text);
}

/** @param {number[][]} running */
function turnsIn(running) {
  const leads = running.map((shares) => shares.indexOf(Math.max(...shares)));
  return leads.filter((lead, at) => at && lead !== leads[at - 1]).length;
}

/**
 * The words that decided, in one sentence.
 *
 * @param {string[]} words
 * @param {number[]} pulls
 * @param {string} label
 * @param {number} turns
 */
function story(words, pulls, label, turns) {
  const strongest = strongestFirst(pulls).slice(0, 3).filter((at) => Math.abs(pulls[at]) >= 0.005);
  if (!strongest.length) return "No single word moves the answer: the model hardly makes anything of this text.";
  const told = strongest.map((at) => `\u201c${words[at].slice(0, MARK_LETTERS)}\u201d ${points(pulls[at])}`).join(", ");
  const mind = turns ? `It changed its mind ${turns === 1 ? "once" : `${turns} times`}.` : "It never changed its mind.";
  return `The biggest steps, in points of ${label}: ${told}. ${mind}`;
}

/** @param {number[]} pulls */
function strongestFirst(pulls) {
  return pulls.map((_, at) => at).sort((one, other) => Math.abs(pulls[other]) - Math.abs(pulls[one]) || one - other);
}

/**
 * @param {number[][]} running
 * @param {string[]} labels
 * @param {number} focus
 * @param {string[]} words
 * @param {number[]} pulls
 */
function chart(running, labels, focus, words, pulls) {
  const last = running[running.length - 1];
  const drawn = labels.length === 2 ? [1] : labels.map((_, at) => at).sort((a, b) => last[b] - last[a]).slice(0, SHOWN_LABELS);
  const lines = drawn.flatMap((label) => line(running.map((shares) => shares[label]), labels.length, toneOf(label)));
  const told = `Probability of ${labels[focus]} after each word, from ${percent(running[0][focus], 0)} to ${percent(last[focus], 0)}`;
  return element(
    "div",
    { class: "tg-chart", role: "img", "aria-label": told },
    element("div", { class: "tg-axis", "aria-hidden": "true" }, ...["100%", "50%", "0%"].map((text) => element("span", {}, text))),
    element("div", { class: "tg-plot" }, picture(lines), ...marks(running.map((shares) => shares[focus]), words, pulls)),
    element("div", { class: "tg-ends" }, ...["first word", `${labels[focus]} after each word`, "last word"].map((text) => element("span", {}, text))),
  );
}

/** @param {SVGElement[]} lines */
function picture(lines) {
  const stops = [1, 0].map((tone) => drawing("stop", { offset: "0.5", class: `tg-stop-${tone}` }));
  const two = drawing("linearGradient", { id: "tg-two", gradientUnits: "userSpaceOnUse", x1: "0", y1: "0", x2: "0", y2: "100" }, ...stops);
  const grid = [
    drawing("path", { class: "tg-grid", d: "M0 25H100M0 75H100" }),
    drawing("path", { class: "tg-grid middle", d: "M0 50H100" }),
  ];
  const view = { viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true" };
  return drawing("svg", view, drawing("defs", {}, two), ...grid, ...lines);
}

/**
 * From an even start on the left edge through the middle of every word to the right edge.
 *
 * @param {number[]} values
 * @param {number} labels
 * @param {number} tone
 */
function line(values, labels, tone) {
  const middles = values.map((value, at) => [(100 * (at + 0.5)) / values.length, 100 * (1 - value)]);
  const all = [[0, 100 * (1 - 1 / labels)], ...middles, [100, 100 * (1 - values[values.length - 1])]];
  const path = `M${all.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join(" ")}`;
  if (labels > 2) return [drawing("path", { class: `tg-line tone-line-${tone}`, d: path })];
  return [
    drawing("path", { class: "tg-area", d: `${path} L100,50 L0,50Z`, fill: "url(#tg-two)" }),
    drawing("path", { class: "tg-line", d: path, stroke: "url(#tg-two)" }),
  ];
}

/**
 * The words with the biggest steps that do not stand in each other's way.
 *
 * @param {number[]} values
 * @param {string[]} words
 * @param {number[]} pulls
 */
function marks(values, words, pulls) {
  /** @type {number[]} */
  const taken = [];
  for (const at of strongestFirst(pulls)) {
    const free = taken.every((other) => Math.abs(at - other) / pulls.length >= MARK_DISTANCE);
    if (taken.length < MARKS && Math.abs(pulls[at]) >= 0.02 && free) taken.push(at);
  }
  return taken.map((at) => mark(words[at], (at + 0.5) / pulls.length, values[at]));
}

/**
 * @param {string} word
 * @param {number} left
 * @param {number} value
 */
function mark(word, left, value) {
  const edge = left < 0.1 ? " at-left" : left > 0.9 ? " at-right" : "";
  const made = element("span", { class: `tg-mark ${value > 0.5 ? "below" : "above"}${edge}` }, element("i"), element("b", {}, word.slice(0, MARK_LETTERS)));
  return styled(made, { left: percent(left, 2), top: percent(1 - value, 2) });
}

/**
 * The text itself, each word in the colour of what it pulls to.
 *
 * @param {Answered} answered
 * @param {number[]} values
 * @param {number[]} pulls
 * @param {number} focus
 */
function wordsWithPulls({ text, tokens, labels }, values, pulls, focus) {
  const cut = [text.slice(0, tokens[0].start), text.slice(tokens[tokens.length - 1].end)].map((part) => part.trim());
  const isCut = cut.map((part) => /[\p{L}\p{N}]/u.test(part));
  const words = tokens.flatMap((token, at) => {
    const title = `${token.text || "(no word)"}${token.known ? "" : " (unknown)"}: ${labels[focus]} ${percent(values[at], 0)} (${points(pulls[at])})`;
    const word = element("span", { class: `tg-word tone-${toneOfPull(pulls[at], labels, focus)}${token.known ? "" : " unknown"}`, title }, token.text || "(no word)");
    const gap = at ? text.slice(tokens[at - 1].end, token.start) : "";
    return [gap, styled(word, { "--s": Math.min(1, Math.abs(pulls[at]) / FULL_PULL).toFixed(3) })];
  });
  const [before, after] = [shortened(cut[0], true), shortened(cut[1], false)].map((part) =>
    element("span", { class: "tg-cut", title: "beyond the longest text that the model reads" }, part),
  );
  return [...(isCut[0] ? [before, " "] : []), ...words, ...(isCut[1] ? [" ", after] : [])];
}

/**
 * @param {number} pull
 * @param {string[]} labels
 * @param {number} focus
 */
function toneOfPull(pull, labels, focus) {
  if (pull >= 0) return String(toneOf(focus));
  return labels.length === 2 ? "0" : "against";
}

const CUT_SHOWN = 90;

/**
 * @param {string} text
 * @param {boolean} isBefore
 */
function shortened(text, isBefore) {
  if (text.length <= CUT_SHOWN) return text;
  return isBefore ? `\u2026 ${text.slice(-CUT_SHOWN)}` : `${text.slice(0, CUT_SHOWN)} \u2026`;
}

/**
 * @param {string[]} labels
 * @param {number} focus
 * @param {Token[]} tokens
 */
function keys(labels, focus, tokens) {
  const unknown = tokens.filter((token) => token.text && !token.known).length;
  const pulls = labels.length === 2 ? [[0, labels[0]], [1, labels[1]]] : [[toneOf(focus), labels[focus]], ["against", "others"]];
  const shown = pulls.map(([tone, label]) => element("span", {}, element("i", { class: `tone-${tone}` }), `pulls to ${label}`));
  if (unknown) shown.push(element("span", {}, element("span", { class: "tg-word unknown" }, "unknown word"), ` ${unknown}`));
  return shown;
}
