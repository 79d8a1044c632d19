// How the connection does.

import { say, text } from "../words/text.js";
import { find, setAttribute, setText } from "./dom.js";

export class LinkView {
  #connection = find("connection");

  render({ link: { state, rtt } }) {
    setAttribute(this.#connection, "data-state", state);
    setText(this.#connection.querySelector(".words"), text.connection[state]);
    setText(find("lag"), state === "live" && rtt !== null ? say(text.lag, { ms: Math.round(rtt) }) : "");
  }
}
