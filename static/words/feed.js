// The words of the log's page.

import { text } from "./text.js";

export const feed = text.feed;
