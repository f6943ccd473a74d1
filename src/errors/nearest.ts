/** "Did you mean ...?": the nearest of a list of names. */

/** Damerau-Levenshtein distance (optimal string alignment): a swap of neighbours counts one. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) best = Math.min(best, (beforeLast[column - 2] ?? 0) + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}

/**
 * The candidates that a typing mistake may have meant, nearest first, at most `limit`: at most a third of a name's letters may
 * differ, at most three.
 *
 * @example nearestOf('memroy', ['memory', 'cpus'], 3) // ['memory']
 */
export function nearestOf(word: string, candidates: Iterable<string>, limit: number): readonly string[] {
  const near: { readonly name: string; readonly distance: number }[] = [];
  for (const name of candidates) {
    const allowed = Math.min(3, Math.max(1, Math.floor(Math.max(word.length, name.length) / 3)));
    if (Math.abs(name.length - word.length) > allowed) continue;
    const distance = editDistance(word, name);
    if (distance <= allowed) near.push({ name, distance });
  }
  // The sort is stable: of equally near names the first given comes first.
  near.sort((a, b) => a.distance - b.distance);
  return near.slice(0, limit).map(({ name }) => name);
}

/**
 * The candidate that a typing mistake most likely meant, or null when none is close.
 *
 * @example nearest('memroy', ['memory', 'cpus']) // 'memory'
 */
export const nearest = (word: string, candidates: Iterable<string>): string | null =>
  nearestOf(word, candidates, 1)[0] ?? null;
