// The button that opens the menu. The menu is loaded when it is wanted.

import { load } from "../browser/load.js";
import { find } from "./dom.js";

/** Let the button open the menu. `told` hears how loading goes, see `load`. */
export function setUpMenuButton(told) {
  let menu;
  find("open-menu").addEventListener("click", async () => {
    const { Menu } = await load("views/menu", told);
    menu ??= new Menu();
    menu.open();
  });
}
