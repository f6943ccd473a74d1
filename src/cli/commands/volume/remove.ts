/** `tsrun volume rm NAME...`. */
import type { Command } from 'commander';
import { sweep } from '../../../container/sweep.ts';
import { removeVolume } from '../../../container/volumes/remove-volume.ts';
import { findVolume } from '../../../container/volumes/volume-store.ts';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import type { CommandContext } from '../../command-table.ts';
import { eachName } from '../../each-name.ts';
import { print } from '../../output.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .alias('remove')
    .argument('<volume...>', 'names')
    .option('-f, --force', 'no error for one that does not exist')
    .action(async (words: readonly string[], { force = false }: { readonly force?: boolean }) => {
      const paths = session.paths();
      // A container that was killed with its command has its volumes no more.
      await sweep(paths);
      const failure = await eachName(words, async (word) => {
        try {
          await removeVolume(paths, findVolume(paths, word));
        } catch (error) {
          const missing = error instanceof TsrunError && error.code === 'VOLUME_NOT_FOUND';
          if (!(force && missing)) throw error;
        }
        print(word);
      });
      if (failure !== null) throw failure;
    });
}
