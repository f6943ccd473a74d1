/** Columns of text. */

/**
 * Rows under headings, three blanks between columns, nothing after the last one.
 *
 * @example formatTable(['NAME', 'SIZE'], [['alpine', '8MB']])
 */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}
