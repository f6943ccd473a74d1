/** How long somebody waits before something is ended: seconds as people say them, timers as Node has them. */

/** Node's timers end here, after 25 days: one that is to be longer fires at once. */
const longest = 2 ** 31 - 1;

/** @param seconds -1: for ever */
export const patienceOf = (seconds: number): number => (seconds < 0 ? Number.POSITIVE_INFINITY : seconds * 1000);

/** @returns null: nobody lives to see it */
export const whenPatienceEnds = (milliseconds: number, act: () => void): NodeJS.Timeout | null =>
  milliseconds <= longest ? setTimeout(act, milliseconds) : null;
