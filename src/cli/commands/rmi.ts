/** `tsrun rmi IMAGE...`. */
import type { Command } from 'commander';
import { listKept } from '../../container/kept/list-kept.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { removeImage } from '../../image/remove-image.ts';
import type { CommandContext } from '../command-table.ts';
import { print } from '../output.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<image...>', 'names or digests of stored images')
    .option('-f, --force', 'remove all names of an image at once; no error when there is no such image')
    .action(async (references: readonly string[], { force = false }: { readonly force?: boolean }) => {
      const paths = session.paths();
      const usedBy = (id: string): readonly string[] =>
        listKept(paths).flatMap(({ kept, name }) => (kept.image.id === id ? [name] : []));
      const failures: TsrunError[] = [];
      // All of them, as rm(1) does; the first failure is the one reported.
      for (const reference of references) {
        try {
          for (const line of await removeImage(paths, reference, { force, usedBy })) print(line);
        } catch (error) {
          if (!(error instanceof TsrunError)) throw error;
          if (!(force && error.code === 'IMAGE_NOT_FOUND')) failures.push(error);
        }
      }
      const [first] = failures;
      if (first !== undefined) throw first;
    });
}
