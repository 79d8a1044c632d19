// Pages that show what is new ask for it again and again, while somebody looks at them.

/** Wait for the next look, in `ms`, and for as long as nobody sees the page. */
export async function nextLook(ms) {
  await new Promise((resolve) => setTimeout(resolve, ms));
  while (document.hidden) await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
}
