// A dialog over the page, which a press beside it closes.

import { fillText, settle } from "./dom.js";

/** Add the dialog `id` to the page, closed. `content` is its HTML, with a heading that has an id. */
export function makeDialog(id, content) {
  const dialog = document.createElement("dialog");
  dialog.className = "menu card";
  dialog.id = dialog.dataset.testid = id;
  dialog.innerHTML = content;
  dialog.setAttribute("aria-labelledby", dialog.querySelector("h2").id);
  document.body.append(dialog);
  fillText(dialog);
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  // "close" comes some time after the dialog has gone: what closes it settles already.
  for (const name of ["click", "cancel", "close"]) dialog.addEventListener(name, settle);
  return dialog;
}
