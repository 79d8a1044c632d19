/** The query of an address, of those `entries` that say something. */
export const query = (entries) => new URLSearchParams(Object.entries(entries).filter(([, value]) => value));
