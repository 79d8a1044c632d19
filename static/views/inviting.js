// The links to hand on, for who waits for an opponent.

import { find, setAttribute, setText, show } from "./dom.js";
import { BASE } from "../wire/base.js";
import { text } from "../words/text.js";

/** Fill the invitation in: `link` is what is handed on, and `load` fetches a module. */
export function invite({ link, load }) {
  for (const [name, address] of [["invite", link], ["watch", `${link}?watch`]]) {
    const field = find(`${name}-link`);
    field.value = address;
    new ResizeObserver(() => fit(field)).observe(field);
    field.addEventListener("focus", () => field.select());
    find(`copy-${name}`).addEventListener("click", async ({ currentTarget }) => {
      const { copy } = await load("views/pass_on");
      await copy(address, currentTarget);
    });
  }
  show(find("send-invite"), Boolean(navigator.share));
  find("send-invite").addEventListener("click", async ({ currentTarget }) => {
    const { share } = await load("views/pass_on");
    await share({ words: text.title, link }, currentTarget);
  });
  const reach = document.querySelector('meta[name="reach"]')?.content; // on this computer alone, and why
  setText(find("reach"), text.reach[reach] ?? "");
  show(find("reach"), Boolean(reach));
  setAttribute(find("qr"), "src", `${BASE}games/${link.split("/").at(-1)}/qr.svg`);
}

/** Make `field` as high as its text, which is shown whole however narrow the field is. */
function fit(field) {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
}
