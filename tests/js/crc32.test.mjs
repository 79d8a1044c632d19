// The CRC-32 by which a page says which history it has.

import assert from "node:assert/strict";
import { test } from "node:test";

import { crc32 } from "../../static/wire/crc32.js";

test("the check value of the standard", () => {
  assert.equal(crc32("123456789"), 0xcbf43926);
  assert.equal(crc32(""), 0);
});

test("text in pieces has that of the whole", () => {
  assert.equal(crc32("6789", crc32("12345")), crc32("123456789"));
});
