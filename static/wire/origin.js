// Whether the server can be reached at all, and lets this page in: a socket that fails does not say why.

import { BASE } from "./base.js";

/**
 * Ask the server by HTTP; `signal` gives up. Resolves to `{ why }`, which is "allowed" (also from a server that does not
 * know the question), "unreachable", or "refused" where it takes no sockets from pages of this origin: then `detail` names
 * that origin, and the host that the server takes itself for.
 */
export async function askServer(signal, { fetch = globalThis.fetch, origin = location.origin, online = navigator.onLine } = {}) {
  if (!online) return { why: "allowed" }; // the browser knows the reason, and may still reach a server on this computer
  const url = new URL("api/handshake", BASE);
  url.searchParams.set("origin", origin); // a browser names it itself only where it asks another origin
  try {
    const response = await fetch(url, { signal, cache: "no-store" });
    const { allowed, host } = response.ok ? await response.json() : {};
    if (allowed === false) return { why: "refused", detail: `${origin} → ${host}` };
    return { why: response.status < 500 ? "allowed" : "unreachable" }; // a proxy may find no server behind it
  } catch {
    return { why: "unreachable" };
  }
}
