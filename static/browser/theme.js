// Dark or light, by choice, where it is not the system's.

import { storage } from "./storage.js";

const KEY = "connect4.theme";
const local = storage("localStorage");

/** "light", "dark", or "system". */
export const chosenTheme = () => local.getItem(KEY) ?? "system";

export function chooseTheme(theme) {
  local.setItem(KEY, theme);
  globalThis.showTheme(theme); // boot.js
}
