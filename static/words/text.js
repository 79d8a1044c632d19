// Every word that people read: one file a language, and how its sentences are filled in.

import { asset } from "../browser/load.js";
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
export const chooseLanguage = (code) => storage("localStorage").setItem(KEY, code);

/** The table of the language in use. */
export const text = await fetch(asset(`words/${language}.json`)).then((response) => response.json());

const plurals = new Intl.PluralRules(language);

/** `template` with its {names} filled in from `values`; of one that has plural forms, the form for `values.n`. */
export function say(template, values) {
  const form = template[plurals.select(values.n ?? 0)] ?? template.other ?? template;
  return form.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
