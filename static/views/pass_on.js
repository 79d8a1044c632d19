// Handing a link on: to the clipboard, or to whatever the device shares with.

import { setText } from "./dom.js";
import { result } from "../words/result.js";
import { text } from "../words/text.js";

const COPIED = 2_000; // ms

/** Copy `words`, and say so on `button` for a while. */
export async function copy(words, button) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    const copied = copyTheOldWay(words);
    button.focus();
    if (!copied) return;
  }
  const { text: name } = button.dataset;
  setText(button, text.copied);
  setTimeout(() => setText(button, text[name]), COPIED);
}

/** Share `link` with `words`, or copy both where the device cannot. */
export async function share({ words, link }, button) {
  if (!navigator.share) return copy(`${words} ${link}`, button);
  return navigator.share({ text: words, url: link }).catch(({ name }) => {
    if (name !== "AbortError") return copy(`${words} ${link}`, button); // else somebody thought better of it
    return undefined;
  });
}

/** Share how the game of `log` came out, and `link`. */
export const shareResult = (log, link, button) => share({ words: result(log), link }, button);

// Plain http has no clipboard API, except on localhost; the old way asks for no permission.
function copyTheOldWay(words) {
  const field = document.createElement("textarea");
  field.value = words;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}
