// Modules that are not needed at once.

const AGAIN = 2_000; // ms

/** Import the module `path`, from `static` on and without its ending, again and again while the server cannot be reached. */
export async function load(path) {
  for (;;) {
    try {
      return await import(`../${path}.js`);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }
}
