// Pages that show what is new ask for it again and again, while somebody looks at them.

let due = false;
let wake = () => {};

/** End the wait for the next look, or the next wait, where one looks just now. */
export function lookAtOnce() {
  due = true;
  wake();
}

/** Wait for the next look, in `ms`, and for as long as nobody sees the page. */
export async function nextLook(ms) {
  await new Promise((resolve) => {
    wake = resolve;
    if (due) resolve();
    else setTimeout(resolve, ms);
  });
  due = false;
  while (document.hidden) await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
}
