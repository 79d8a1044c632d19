// Modules that are not needed at once.

const AGAIN = 2_000; // ms

/** Import `name`.js, again and again while the server cannot be reached. */
export async function load(name) {
  for (;;) {
    try {
      return await import(`./${name}.js`);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }
}
