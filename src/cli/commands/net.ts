/** `tsrun net CONTAINER`. */
import type { Command } from 'commander';
import { findKept } from '../../container/kept/find-kept.ts';
import { networkPath } from '../../container/network-path.ts';
import { parseOneOf } from '../../container/request/one-of.ts';
import { sweep } from '../../container/sweep.ts';
import type { CommandContext } from '../command-table.ts';
import { networkPathText } from '../network-path-text.ts';
import { print } from '../output.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<container>', 'name or id')
    .option('-f, --format <format>', 'json')
    .action(async (word: string, { format }: { readonly format?: string }) => {
      if (format !== undefined) parseOneOf(format, ['json'], '--format');
      const paths = session.paths();
      await sweep(paths);
      const container = findKept(paths, word);
      const path = await networkPath(paths, container);
      print(format === undefined ? networkPathText(container.name, path) : JSON.stringify(path));
    });
}
