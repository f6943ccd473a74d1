/** `tsrun version` with flags. */
import { type Command, Option } from 'commander';
import type { CommandContext } from '../command-table.ts';
import { version } from './version.ts';

export function define(command: Command, { exit }: CommandContext): void {
  command
    .addOption(new Option('--format <format>', 'text or json').choices(['text', 'json']).default('text'))
    .action(({ format }: { readonly format: 'text' | 'json' }) => exit(version(format)));
}
