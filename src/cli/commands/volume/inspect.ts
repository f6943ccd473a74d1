/** `tsrun volume inspect NAME...`. */
import type { Command } from 'commander';
import { findVolume } from '../../../container/volumes/volume-store.ts';
import type { CommandContext } from '../../command-table.ts';
import { eachName } from '../../each-name.ts';
import { print } from '../../output.ts';
import { compileTemplate } from '../../template.ts';
import { volumeDocument } from '../../volume-document.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<volume...>', 'names')
    .option('-f, --format <format>', "json, or a template such as '{{.Mountpoint}}'")
    .action(async (words: readonly string[], { format }: { readonly format?: string }) => {
      const documents: Readonly<Record<string, unknown>>[] = [];
      const failure = await eachName(words, (word) => {
        documents.push(volumeDocument(findVolume(session.paths(), word)));
      });
      if (format === undefined || format === 'json') print(JSON.stringify(documents, null, format === 'json' ? 0 : 2));
      else if (documents.length > 0) print(documents.map(compileTemplate(format)).join('\n'));
      if (failure !== null) throw failure;
    });
}
