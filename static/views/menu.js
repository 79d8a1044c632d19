// Settings and keys, in a dialog that is made when it is first opened.

import { makeDialog } from "./dialog.js";
import { find, show } from "./dom.js";
import { load } from "../browser/load.js";
import { keptPlayer } from "../browser/player.js";
import { keysWanted, storage, wantKeys } from "../browser/storage.js";
import { LANGUAGES, LANGUAGE_KEY, language, say, tellServer, text } from "../words/text.js";
import { BASE } from "../wire/base.js";
import { chooseTheme, chosenTheme } from "../browser/theme.js";

export class Menu {
  #dialog = null;
  #keys;
  #sound = null;

  /** `keys` says whether the page has any. */
  constructor({ keys = false } = {}) {
    this.#keys = keys;
  }

  /** `sound` is what can be switched off here, if there is any, and `seated` are the players of a game, by their seats. */
  open(sound = null, seated = {}) {
    this.#dialog ??= this.#make();
    this.#sound = sound;
    find("sound").checked = Boolean(sound && !sound.muted);
    show(find("sound").parentElement, Boolean(sound));
    show(find("seat-elsewhere"), Boolean(keptPlayer()));
    find("profiles").replaceChildren(...Object.values(seated).filter(hasProfile).map(profile));
    if (this.#keys) find("keys").checked = keysWanted();
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  #make() {
    const dialog = makeDialog("menu", `
      <form method="dialog">
        <h2 id="menu-title" data-text="menu"></h2>
        <label class="setting"><span data-text="sound"></span><input type="checkbox" id="sound" data-testid="sound"><span class="switch"></span></label>
        <label class="setting"><span data-text="theme"></span><select id="theme" data-testid="theme"></select></label>
        <label class="setting"><span data-text="language"></span><select id="language" data-testid="language"></select></label>
        ${this.#keys ? '<label class="setting keyboard"><span data-text="keys"></span><input type="checkbox" id="keys" data-testid="keys"><span class="switch"></span></label><dl class="keys keyboard"></dl>' : ""}
        <button type="button" class="button quiet" id="seat-elsewhere" data-testid="seat-elsewhere" data-text="seatElsewhere"></button>
        <div class="choices" id="profiles"></div>
        <a class="button quiet" href="${BASE}me" data-testid="to-me" data-text="myPage"></a>
        <button class="button primary" data-text="close" data-testid="close-menu"></button>
      </form>`);
    choices(find("theme"), text.themes, chosenTheme(), chooseTheme);
    choices(find("language"), LANGUAGES, language, (code) => {
      storage("localStorage").setItem(LANGUAGE_KEY, code);
      tellServer(code);
      location.reload();
    });
    find("sound").addEventListener("change", ({ target }) => (this.#sound.muted = !target.checked));
    if (this.#keys) {
      find("keys").addEventListener("change", ({ target }) => wantKeys(target.checked));
      for (const [keys, does] of Object.entries(text.keyList)) {
        const term = document.createElement("dt");
        term.append(...keys.split(" ").map((key) => Object.assign(document.createElement(/^[–]$/.test(key) ? "span" : "kbd"), { textContent: key })));
        dialog.querySelector(".keys").append(term, Object.assign(document.createElement("dd"), { textContent: does }));
      }
    }
    let handover;
    find("seat-elsewhere").addEventListener("click", async () => {
      const { Handover } = await load("views/handover");
      dialog.close();
      handover ??= new Handover();
      handover.open();
    });
    return dialog;
  }
}

/** Whether `seated` is another player of more than one game: their ids are random (UUID 4), others are made of the game's. */
const hasProfile = (seated) => seated?.player[14] === "4" && seated.player !== keptPlayer()?.player;

function profile({ player, name }) {
  const words = say(text.profileOf, { name: `\u2068${name}\u2069` });
  return Object.assign(document.createElement("a"), { className: "button quiet", href: new URL(`players/${player}`, BASE), textContent: words });
}

function choices(select, names, chosen, choose) {
  select.append(...Object.entries(names).map(([value, name]) => new Option(name, value, false, value === chosen)));
  select.addEventListener("change", () => choose(select.value));
}
