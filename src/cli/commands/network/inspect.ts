/** `tsrun network inspect NAME...`. */
import type { Command } from 'commander';
import { findNetwork } from '../../../network/network-store.ts';
import type { CommandContext } from '../../command-table.ts';
import { eachName } from '../../each-name.ts';
import { networkDocument } from '../../network-document.ts';
import { print } from '../../output.ts';
import { compileTemplate } from '../../template.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<network...>', 'names or ids')
    .option('-f, --format <format>', "json, or a template such as '{{range .IPAM.Config}}{{.Subnet}}{{end}}'")
    .action(async (words: readonly string[], { format }: { readonly format?: string }) => {
      const documents: Readonly<Record<string, unknown>>[] = [];
      const failure = await eachName(words, (word) => {
        documents.push(networkDocument(session.paths(), findNetwork(session.paths(), word)));
      });
      if (format === undefined || format === 'json') print(JSON.stringify(documents, null, format === 'json' ? 0 : 2));
      else if (documents.length > 0) print(documents.map(compileTemplate(format)).join('\n'));
      if (failure !== null) throw failure;
    });
}
