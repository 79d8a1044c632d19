// What is not needed at once: modules that come later, and files. Each is asked for until it comes.

const SLOW = 1_000; // ms; what takes longer is shown
const WAITS = [250, 500, 1_000, 2_000]; // ms between attempts, the last one over and over
const LOST_AFTER_ATTEMPTS = 6; // then it is said: nobody waits for it without a word

/** The address of a file, named from `static` on. A page that the server has linked knows each by its hash. */
export function asset(path) {
  const { parts } = globalThis.connect4 ?? {};
  return new URL(parts ? parts[path] : `../${path}`, import.meta.url);
}

/**
 * Import the module `path`, from `static` on and without its ending. `told("slow")` is called where it takes long,
 * `told("lost")` where it does not come, `told("gone")` where that is because the server has another release by now, and
 * `told(null)` when it is there.
 */
export async function load(path, told = () => {}) {
  const address = asset(`${path}.js`);
  return await insist(address, (url) => import(url), told);
}

/** The JSON of the file `path`, from `static` on. */
export const loadJson = (path) =>
  insist(asset(path), async (url) => {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${response.status} for ${url}`);
    return await response.json();
  });

async function insist(address, get, told = () => {}) {
  let said = false;
  const say = (what) => {
    said = true;
    told(what);
  };
  const slow = setTimeout(() => say("slow"), SLOW);
  for (let attempt = 0; ; attempt++) {
    if (attempt) address.searchParams.set("again", attempt); // Firefox remembers a failure, and asks never again
    try {
      const got = await get(address);
      clearTimeout(slow);
      if (said) told(null);
      return got;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, WAITS[Math.min(attempt, WAITS.length - 1)]));
      if (attempt + 1 === LOST_AFTER_ATTEMPTS) say((await isGone(address)) ? "gone" : "lost");
    }
  }
}

/** Whether the server answers, and has no such file. */
const isGone = (address) =>
  fetch(address, { method: "HEAD", cache: "no-store" }).then(({ status }) => status === 404, () => false);
