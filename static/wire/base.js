// Where the server is mounted, as a URL that ends in a slash: "https://example.org/" or "https://example.org/four/".

export const BASE = new URL("../../", import.meta.url);
