// Building elements without HTML: no text of a model or a user is ever read as markup.

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * Sets what the page's policy forbids as an attribute.
 *
 * @template {HTMLElement} E
 * @param {E} made
 * @param {Record<string, string>} style
 */
export function styled(made, style) {
  for (const [name, value] of Object.entries(style)) made.style.setProperty(name, value);
  return made;
}

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...Node} children
 */
export function drawing(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * The element of the page with this id.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * @param {number} share
 * @param {number} digits
 */
export function percent(share, digits = 1) {
  return `${(100 * share).toFixed(digits)}%`;
}

/** @param {number} number */
export function grouped(number) {
  return number.toLocaleString("en-US");
}

/**
 * @param {number} count
 * @param {string} thing
 */
export function counted(count, thing) {
  return `${grouped(count)} ${thing}${count === 1 ? "" : "s"}`;
}

/** @param {number} change in shares; -> points, with their sign */
export function points(change) {
  const told = Math.abs(100 * change).toFixed(0);
  return told === "0" ? "0" : `${change < 0 ? "\u2212" : "+"}${told}`;
}

const TONES = 8;

/**
 * Which of the page's colours a label has.
 *
 * @param {number} index
 */
export function toneOf(index) {
  return index % TONES;
}

/**
 * Labels with bars, as long as their shares.
 *
 * @param {{ name: string, tone: number, share: number, figure: string }[]} rows
 */
export function bars(rows) {
  return element("div", { class: "tg-bars" }, ...rows.map(bar));
}

/** @param {{ name: string, tone: number, share: number, figure: string }} row */
function bar({ name, tone, share, figure }) {
  const fill = styled(element("span", { class: `tg-fill tone-${tone}` }), { width: percent(share, 2) });
  return element(
    "div",
    { class: "tg-bar" },
    element("span", { class: "tg-bar-name", title: name }, name),
    element("span", { class: "tg-track", "aria-hidden": "true" }, ...(share ? [fill] : [])),
    element("span", { class: "tg-bar-figure" }, figure),
  );
}
