// Where this site is: at the root of its host, or below a path that a proxy has it at.

// Modules come from `static/` below it. (The tests in Node load them from files.)
const root = import.meta.url.startsWith("http") ? new URL("..", import.meta.url).pathname : "/";

/** The absolute path of what is at `path`, as seen from the start page. */
export const below = (path) => root + path;
