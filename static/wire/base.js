// Where the server is mounted, as a URL that ends in a slash: "https://example.org/" or "https://example.org/four/".

const mount = globalThis.document?.querySelector('meta[name="mount"]').content ?? "/";

export const BASE = new URL(mount, globalThis.location?.origin ?? "http://localhost");

/** The same for sockets. */
export const SOCKETS = String(BASE).replace(/^http/, "ws");

/** The address of a game's page. */
export const pageOf = (game) => new URL(`games/${game}`, BASE);
