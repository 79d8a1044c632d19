// Every word that people read: one file a language, and how its sentences are filled in.

import { loadJson } from "../browser/load.js";
import { BASE } from "../wire/base.js";
import { storage } from "../browser/storage.js";

/** What there is, by its code, each in its own words. */
export const LANGUAGES = { en: "English", de: "Deutsch" };

/** Where the browser keeps the one that was chosen. */
export const LANGUAGE_KEY = "connect4.language";

const SOON = 1_000; // ms; no page waits longer for another language than it came in

const chosenLanguage = storage("localStorage").getItem(LANGUAGE_KEY);
const wantedLanguage =
  [chosenLanguage, ...(globalThis.navigator?.languages ?? [])].map((wish) => wish?.slice(0, 2)).find((wish) => wish in LANGUAGES) ?? "en";

/** Have the server send the next pages in the language `code`. */
export const tellServer = (code) => (document.cookie = `connect4_language=${code};path=${BASE.pathname};max-age=31536000;samesite=lax`);

/** The language that is wanted and its table of words; where that does not come soon, those that came with the page. */
async function words() {
  const sent = globalThis.document?.getElementById("words");
  const came = sent && { language: sent.dataset.language, text: JSON.parse(sent.textContent) };
  if (came?.language === wantedLanguage) return came;
  const fetched = loadJson(`words/${wantedLanguage}.json`).then((text) => ({ language: wantedLanguage, text }));
  if (!came) return await fetched;
  if (chosenLanguage) tellServer(wantedLanguage); // the next page comes in it
  return await Promise.race([fetched, new Promise((resolve) => setTimeout(resolve, SOON, came))]);
}

const inUse = await words();

/** The language in use. */
export const language = inUse.language;

/** Its table of words. */
export const text = inUse.text;

const plurals = new Intl.PluralRules(language);

/** `template` with its {names} filled in from `values`; of one that has plural forms, the form for `values.n`. */
export function say(template, values) {
  const form = template[plurals.select(values.n ?? 0)] ?? template.other ?? template;
  return form.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
