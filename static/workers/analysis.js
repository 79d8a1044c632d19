// Analyses a game, from its last position back, in a worker: the page stays free. See browser/analyst.js, which ends it.

import { Solver, analyse } from "../game/solver.js";

const GIVEN_UP = 2; // positions in a row that were not solved: those before them hardly would be

addEventListener("message", ({ data: { moves, from, nodes } }) => {
  const solver = new Solver();
  let [unsolved, before] = [0, 0];
  for (const step of analyse(moves, { nodes, solver })) {
    postMessage(step ?? { spent: Math.min(1, (solver.nodes - before) / nodes) });
    if (!step) continue;
    before = solver.nodes;
    unsolved = step.value ? 0 : unsolved + 1;
    if (step.ply === from || unsolved === GIVEN_UP) break;
  }
  postMessage({ done: true });
});
