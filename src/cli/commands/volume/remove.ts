/** `tsrun volume rm NAME...`. */
import type { Command } from 'commander';
import { sweep } from '../../../container/sweep.ts';
import { removeVolume } from '../../../container/volumes/remove-volume.ts';
import { findVolume } from '../../../container/volumes/volume-store.ts';
import type { CommandContext } from '../../command-table.ts';
import { removeEach } from '../../remove-each.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .alias('remove')
    .argument('<volume...>', 'names')
    .option('-f, --force', 'no error for one that does not exist')
    .action(async (words: readonly string[], { force = false }: { readonly force?: boolean }) => {
      const paths = session.paths();
      // A container that was killed with its command has its volumes no more.
      await sweep(paths);
      await removeEach(
        words,
        force ? 'VOLUME_NOT_FOUND' : null,
        async (word) => await removeVolume(paths, findVolume(paths, word)),
      );
    });
}
