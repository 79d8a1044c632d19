// The style sheets are made from one small scale, which stands in style.css.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const folder = new URL("../../static/styles/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".css"));
const sheets = Object.fromEntries(files.map((name) => [name, readFileSync(new URL(name, folder), "utf8").replace(/\/\*.*?\*\//gs, "")]));
const scale = sheets["style.css"].match(/:root \{.*?\n\}/s)[0];

/** Each declaration of one of these properties, as "file: property: value". */
const declared = (properties) =>
  Object.entries(sheets).flatMap(([name, sheet]) =>
    [...sheet.matchAll(new RegExp(`^ +(${properties}): ([^;]+);`, "gm"))].map(([, property, value]) => [name, property, value]),
  );

test("every size of type is one of the scale, and the scale follows the browser's font size", () => {
  const sizes = declared("font-size");
  assert.ok(sizes.length > 20);
  assert.deepEqual(sizes.filter(([, , value]) => !/^(max\(16px, )?var\(--(tiny|small|text|large|huge|giant)\)\)?$/.test(value)), []);
  for (const name of ["tiny", "small", "text", "large", "huge", "giant"]) assert.match(scale, new RegExp(`--${name}: [\\d.]+rem;`));
});

test("space is one of the scale", () => {
  const spaces = declared("gap|column-gap|padding|padding-inline|padding-bottom|padding-top|margin-block");
  assert.ok(spaces.length > 40);
  const own = spaces.filter(([, , value]) => !/var\(|^0$|env\(/.test(value));
  assert.ok(own.length <= 3, JSON.stringify(own));
});

test("a colour has its name in the scale", () => {
  const colours = Object.entries(sheets).flatMap(([name, sheet]) =>
    (name === "style.css" ? sheet.replace(/:root \{.*?\n *\}/gs, "") : sheet).match(/#[0-9a-f]{3,8}\b/g)?.map((colour) => [name, colour]) ?? [],
  );
  assert.deepEqual(colours, []);
});

test("nothing of the scale is there for nothing", () => {
  const all = Object.values(sheets).join("\n");
  const names = [...scale.matchAll(/^ +(--[\w-]+):/gm)].map(([, name]) => name);
  assert.deepEqual(names.filter((name) => !all.includes(`var(${name})`)), []);
});

test("every class that is styled is there", () => {
  const sources = ["pages", "views", "words"].flatMap((room) =>
    readdirSync(new URL(`../${room}/`, folder)).filter((name) => name.includes(".")).map((name) => readFileSync(new URL(`../${room}/${name}`, folder), "utf8")),
  ).join("\n");
  const classes = new Set(Object.values(sheets).flatMap((sheet) => [...sheet.matchAll(/\.([a-z][\w-]*)(?=[^{}]*\{)/g)].map(([, name]) => name)));
  assert.deepEqual([...classes].filter((name) => !new RegExp(`["'\`\\s]${name}["'\`\\s]`).test(sources)), []);
});
