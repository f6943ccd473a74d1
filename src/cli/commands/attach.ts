/** `tsrun attach CONTAINER`. */
import type { Command } from 'commander';
import { findKept } from '../../container/kept/find-kept.ts';
import { parseBoolean } from '../../container/request/boolean.ts';
import { defaultDetachKeys, parseDetachKeys } from '../../container/request/detach-keys.ts';
import { attachHere } from '../attach-here.ts';
import type { CommandContext } from '../command-table.ts';

interface Flags {
  /** commander's name for --no-stdin. */
  readonly stdin: boolean;
  /** true: without a value. */
  readonly sigProxy?: string | true;
  readonly detachKeys?: string;
}

export function define(command: Command, { session, exit }: CommandContext): void {
  command
    .argument('<container>', 'name or id')
    .option('--no-stdin', 'only look: nothing that is typed goes in')
    .option('--sig-proxy [true|false]', 'pass signals on to its command (true)')
    .option('--detach-keys <keys>', 'the keys that leave it running (ctrl-p,ctrl-q)')
    .action(async (word: string, { stdin, sigProxy = true, detachKeys }: Flags) => {
      const paths = session.paths();
      exit(
        await attachHere(paths, findKept(paths, word), {
          input: stdin ? 'typed' : 'none',
          signals: sigProxy === true || parseBoolean(sigProxy, '--sig-proxy') ? 'passed-on' : 'own',
          detachKeys: detachKeys === undefined ? defaultDetachKeys : parseDetachKeys(detachKeys, '--detach-keys'),
        }),
      );
    });
}
