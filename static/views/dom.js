// The few things that every view does to the document. What is as it should be is left untouched.

import { language, text } from "../words/text.js";

/** The element with this id. */
export const find = (id) => document.getElementById(id);

export function setText(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** Set the attribute, or take it away where `value` is null. */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/** The time in which what has taken another's place takes no press, in ms. */
export const CALM = 500;

let calm; // the timer of it

/**
 * Something over or beside the board has come or gone. What is pressed now was meant for that, so for a moment the board,
 * and what has taken its place, take no press. The focus that was lost waits beside the columns and is on one of them then.
 */
export function settle() {
  document.body.dataset.settling = "true";
  clearTimeout(calm);
  calm = setTimeout(() => {
    delete document.body.dataset.settling;
    if (document.activeElement === find("board")) find("column-3").focus({ preventScroll: true });
  }, CALM);
}

/** Show it, or hide it; the focus that was in it goes to the board. */
export function show(element, visible) {
  if (element.hidden === !visible) return;
  const had = !visible && element.contains(document.activeElement);
  element.hidden = !visible;
  if ("settles" in element.dataset) settle();
  if (had) queueMicrotask(() => isLost(element) && find("board")?.focus({ preventScroll: true }));
}

/** Whether the focus is in the `hidden` element still, or nowhere. */
const isLost = (hidden) => [document.body, null].includes(document.activeElement) || hidden.contains(document.activeElement);

const FILLED = { text: "textContent", label: "ariaLabel", alt: "alt", placeholder: "placeholder" };

/** Put the words of the text table where the page asks for them by `data-text`, `data-label` and so on. */
export function fillText(root = document) {
  document.documentElement.lang = language;
  for (const [name, property] of Object.entries(FILLED)) {
    for (const element of root.querySelectorAll(`[data-${name}]`)) element[property] = entry(element.dataset[name]);
  }
}

const entry = (path) => path.split(".").reduce((table, key) => table[key], text);

/** Scroll `item` into view within `list`, below a head of `head` pixels that stays, and nothing else. */
export function reveal(item, list, head = 0) {
  const [inner, outer] = [item.getBoundingClientRect(), list.getBoundingClientRect()];
  if (inner.top < outer.top + head) list.scrollTop += inner.top - outer.top - head;
  else if (inner.bottom > outer.bottom) list.scrollTop += Math.min(inner.bottom - outer.bottom, inner.top - outer.top);
}

/** An SVG element with these attributes and children. */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}
