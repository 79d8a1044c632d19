/** The name of somebody who was forgotten, as the server says it, too. */
export const FORGOTTEN = "Forgotten";
