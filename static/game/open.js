// From which positions a game can be continued. Pure.

/** Whether a game can be continued from its position at `version`: it is being played, and neither won nor full. */
export function isOpen(log, version) {
  const { moves, by } = log.game;
  return log.start !== undefined && !(["four", "board_full"].includes(by) && log.at(version).moves === moves);
}
