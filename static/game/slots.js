// Places in a list that changes while somebody reads it: what is shown stays where it is. Pure.

/**
 * The places of `wanted` ids, in their order, given those of `before` (an id each, or null where a place is empty): whoever
 * has a place keeps it, whoever is new takes the first that is empty, or one at the end. Places that are empty at the end go.
 */
export function placed(before, wanted) {
  const here = new Set(wanted);
  const places = before.map((id) => (here.has(id) ? id : null));
  const newcomers = wanted.filter((id) => !places.includes(id));
  for (const id of newcomers) {
    const free = places.indexOf(null);
    if (free >= 0) places[free] = id;
    else places.push(id);
  }
  while (places.length && places.at(-1) === null) places.pop();
  return places;
}

/** What is shown after a message of the lobby: entries by their ids. `whole` is for one that has everything. */
export function shownAfter(shown, { games, gone }, whole) {
  const after = new Map(whole ? [] : shown);
  for (const id of gone) after.delete(id);
  for (const entry of games) after.set(entry.game, entry);
  return after;
}
