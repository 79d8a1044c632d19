// Every word that people read, in English. Another language is another file like this one.

const Seat = { yellow: "Yellow", red: "Red" };
const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;

export const text = {
  lang: "en",
  title: "Connect Four",

  // The start page
  tagline: "Get four in a row before your friend does.",
  how: "You get a link to send. Whoever opens it can take the other seat, and everybody else can watch.",
  yourName: "Your name",
  namePlaceholder: "Anonymous",
  yourDiscs: "Your discs",
  seat: { yellow: "Yellow", red: "Red", random: "Random" },
  movesFirst: "moves first",
  movesNext: "moves next",
  eitherWay: "either way",
  play: "Play",
  starting: "Starting…",

  // The players
  nameless: Seat,
  you: "you",
  emptySeat: "Empty seat",
  connected: "connected",
  away: "away",
  players: "Players",

  // The board
  board: "Board",
  column: (column, discs, drop) =>
    `Column ${column + 1}, ${count(discs, "disc", "discs")}.${drop ? " Drop a disc." : ""}`,
  columnFull: (column) => `Column ${column + 1}, full.`,

  // What is going on
  waitingForOpponent: "Waiting for an opponent",
  waitingForPlayer: "Waiting for a second player",
  loading: "Fetching the game…",
  yourTurn: "Your turn",
  theirTurn: (name) => `${name}’s turn`,
  youPlay: { yellow: "Drop a yellow disc in a column.", red: "Drop a red disc in a column." },
  theyPlay: { yellow: "Yellow is to move.", red: "Red is to move." },
  keys: "The keys 1 to 7 drop a disc, too.",
  moveKept: "Your move goes out as soon as the connection is back.",
  sendLink: "Send your friend the link.",
  seatFree: { yellow: "The yellow seat is free.", red: "The red seat is free." },

  youWon: "You won!",
  youLost: (name) => `${name} won`,
  won: (name) => `${name} won`,
  drawn: "Drawn",
  by: {
    four: "Four in a row.",
    board_full: "The board is full.",
    agreement: "By agreement.",
    resignation: (loser) => `${loser} resigned.`,
    timeout: (loser) => `${loser} ran out of time.`,
    abandonment: (loser) => `${loser} left the game.`,
  },
  youInSentence: "You",

  // What is read out
  dropped: (seat, column) => `${Seat[seat]}, column ${column + 1}.`,
  joined: (name, seat) => `${name} took the ${seat} seat.`,
  sentence: (words) => (/[.!?]$/.test(words) ? words : `${words}.`),

  // Inviting, joining, watching
  invite: "Invite a friend",
  inviteHow: "The game starts as soon as somebody opens this link and takes the other seat.",
  inviteLink: "Invitation link",
  copy: "Copy link",
  copied: "Copied",
  invitesYou: (name) => `${name} invites you to play`,
  takeSeat: { yellow: "Take the yellow seat", red: "Take the red seat" },
  joining: "Taking the seat…",
  justWatch: "Just watch",
  watching: "watching",

  // Leaving
  resign: "Resign",
  resignSure: "Really resign?",
  newGame: "New game",

  // The connection
  connection: { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting", gone: "Not connected" },
  banner: {
    lost: (seconds) => (seconds ? `Connection lost. Trying again in ${seconds} s …` : "Connection lost. Trying again …"),
    restarting: () => "The server restarts. Back in a moment …",
    offline: () => "You are offline. The game is here again as soon as you are back.",
    back: (moves) => (moves ? `Back: ${count(moves, "move", "moves")} caught up.` : "Back."),
    busy: "The server is busy. Your move is kept and sent again.",
  },
  noSuchGame: "There is no such game",
  noSuchGameHow: "Perhaps a piece of the link got lost on its way. Ask for it again, or start a game of your own.",
  startGame: "Start a new game",

  // What went wrong, by the server's code
  problems: {
    seat_taken: "Somebody else took the seat first. You are watching now.",
    no_such_game: "There is no such game.",
    rate_limited: "That was a little fast. Wait a moment and try again.",
    unavailable: "The server is busy. Try again in a moment.",
    unreachable: "The server cannot be reached. Try again in a moment.",
    unknown: "That did not work. Try again in a moment.",
  },
  rejections: {
    not_your_turn: "It is not your turn.",
    column_full: "That column is full.",
    no_such_column: "There is no such column.",
    game_not_started: "The game has not started yet.",
    game_over: "The game is over already.",
    stale_version: "The board has changed meanwhile.",
    not_seated: "You are watching this game, not playing it.",
    rate_limited: "That was a little fast. Try again in a moment.",
    unavailable: "The server is busy. Try again in a moment.",
  },
  tookBack: (reason) => `Not played: ${reason}`,
  seatLost: "The server does not know your seat any more. You are watching now.",
};
