/** How flags look in help. */
import type { Flag } from './flags.ts';

/** `-m, --memory SIZE` or `    --cpus NUMBER`. */
export function flagColumn({ short, long, kind, placeholder }: Flag): string {
  const letter = short === null ? '    ' : `-${short}, `;
  return `${letter}--${long}${kind === 'word' ? `[=${placeholder}]` : placeholder === '' ? '' : ` ${placeholder}`}`;
}

/** Flags under their headings, one a line. */
export function flagLines(flags: readonly Flag[]): string {
  const width = Math.max(...flags.map((one) => flagColumn(one).length));
  const groups = new Map<string, string[]>();
  for (const one of flags) {
    const lines = groups.get(one.group) ?? [];
    lines.push(`  ${flagColumn(one).padEnd(width)}  ${one.about}`);
    groups.set(one.group, lines);
  }
  return [...groups].map(([group, lines]) => `${group}:\n${lines.join('\n')}`).join('\n\n');
}
