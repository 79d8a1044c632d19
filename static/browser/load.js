// What is not needed at once: modules that come later, and files.

const AGAIN = 2_000; // ms

/** The address of a file, named from `static` on. A page that the server has linked knows each by its hash. */
export function asset(path) {
  const { parts } = globalThis.connect4 ?? {};
  return new URL(parts ? parts[path] : `../${path}`, import.meta.url);
}

/** Import the module `path`, from `static` on and without its ending, again and again while it does not come. */
export async function load(path) {
  for (let again = 0; ; again++) {
    try {
      const address = asset(`${path}.js`);
      if (again) address.searchParams.set("again", again); // Firefox remembers a failure, and asks never again
      return await import(address);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }
}
