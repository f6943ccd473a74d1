/** `tsrun tag IMAGE NAME[:TAG]`. */
import type { Command } from 'commander';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { parseReference } from '../../image/reference.ts';
import { tagImage } from '../../image/tag-image.ts';
import type { CommandContext } from '../command-table.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<image>', 'name or id of a stored image')
    .argument('<name>', 'the name it gets, with a tag or latest')
    .action(async (word: string, name: string) => {
      if (name.includes('@')) {
        throw new TsrunError('USAGE', `cannot use "${name}" as a name`, { why: 'a digest is not given, it is there' });
      }
      await tagImage(session.paths(), word, parseReference(name), new AbortController().signal);
    });
}
