// Every word that people read: one file a language, and how its sentences are filled in.

import { loadJson } from "../browser/load.js";
import { BASE } from "../wire/base.js";
import { storage } from "../browser/storage.js";

/** What there is, by its code, each in its own words. */
export const LANGUAGES = { en: "English", de: "Deutsch" };

const KEY = "connect4.language";

/** The language that was chosen, or else the first of the browser's that there is. */
export const language =
  [storage("localStorage").getItem(KEY), ...(globalThis.navigator?.languages ?? [])]
    .map((wish) => wish?.slice(0, 2))
    .find((wish) => wish in LANGUAGES) ?? "en";

/** Use `code` from now on, once the page is loaded anew. */
export function chooseLanguage(code) {
  storage("localStorage").setItem(KEY, code);
  document.cookie = `connect4_language=${code};path=${BASE.pathname};max-age=31536000;samesite=lax`; // for the server
}

const sent = globalThis.document?.getElementById("words"); // the table that came with the page

/** The table of the language in use. */
export const text =
  sent?.dataset.language === language ? JSON.parse(sent.textContent) : await loadJson(`words/${language}.json`);

const plurals = new Intl.PluralRules(language);

/** `template` with its {names} filled in from `values`; of one that has plural forms, the form for `values.n`. */
export function say(template, values) {
  const form = template[plurals.select(values.n ?? 0)] ?? template.other ?? template;
  return form.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
