/** `tsrun image`: docker's group, with what is about the store as a whole; the others are names of commands (groups.ts). */
import type { Command } from 'commander';
import type { CommandContext } from '../command-table.ts';
import { confirm } from '../confirm.ts';
import { groupHelp } from '../groups.ts';
import { print } from '../output.ts';
import {
  addPruneFlags,
  deletedLines,
  imageLines,
  type PruneFlags,
  pruneStoredImages,
  reclaimed,
} from '../prune-flags.ts';
import { subcommand } from '../subcommand.ts';
import * as diff from './image/diff.ts';
import * as pack from './image/pack.ts';
import * as tree from './image/tree.ts';
import * as verify from './image/verify.ts';
import * as load from './load.ts';

export function define(command: Command, context: CommandContext): void {
  const { session } = context;
  tree.define(subcommand(command, 'tree', 'draw which layers images share'), context);
  diff.define(subcommand(command, 'diff', 'compare the files of two images'), context);
  verify.define(
    subcommand(command, 'verify', 'read everything that is stored and compare it with its digests'),
    context,
  );
  pack.define(subcommand(command, 'pack', 'write images to one file, for a cache'), context);
  load.define(subcommand(command, 'unpack', 'restore what pack wrote'), context);
  command.addHelpText('after', () => `\n${groupHelp('image')}`);
  const prune = subcommand(command, 'prune', 'remove images that nobody uses');
  addPruneFlags(prune)
    .option('-a, --all', 'those with a name too, unless a container is made from them')
    .action(async (flags: PruneFlags & { readonly all?: boolean }) => {
      const all = flags.all === true;
      const what = all ? 'all images without at least one container associated to them' : 'all dangling images';
      if (flags.force !== true && !(await confirm(`WARNING! This will remove ${what}.`, 'image prune'))) return;
      const pruned = await pruneStoredImages(session.paths(), flags, all ? 'unused' : 'dangling');
      print(deletedLines('Deleted Images', imageLines(pruned)) + reclaimed(pruned.freed));
    });
}
