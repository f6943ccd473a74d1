/** `tsrun image tree`. */
import type { Command } from 'commander';
import { type LayerNode, layerForest } from '../../../image/layer-tree.ts';
import type { CommandContext } from '../../command-table.ts';
import { humanSize } from '../../human.ts';
import { print } from '../../output.ts';

export function define(command: Command, { session }: CommandContext): void {
  command.action(async () => {
    const lines = (await layerForest(session.paths())).flatMap((node) => drawn(node, '', ''));
    if (lines.length > 0) print(lines.join('\n'));
  });
}

/** The layer's line, and those of what lies on it. */
function drawn({ diffId, bytes, images, above }: LayerNode, head: string, indent: string): readonly string[] {
  const line = [`${head}${diffId.replace('sha256:', '').slice(0, 12)}`, humanSize(bytes), images.join(', ')];
  return [
    line.join('  ').trimEnd(),
    ...above.flatMap((node, n) => {
      const last = n === above.length - 1;
      return drawn(node, `${indent}${last ? '└─ ' : '├─ '}`, `${indent}${last ? '   ' : '│  '}`);
    }),
  ];
}
