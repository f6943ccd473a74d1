/** `tsrun exec CONTAINER COMMAND`. */

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { execKept } from '../../container/kept/exec-kept.ts';
import { findKept } from '../../container/kept/find-kept.ts';
import { parseContainerPath } from '../../container/request/absolute-path.ts';
import { parseCapabilities } from '../../container/request/capability.ts';
import { defaultDetachKeys, parseDetachKeys } from '../../container/request/detach-keys.ts';
import { parseEnv, parseEnvFile } from '../../container/request/env.ts';
import { ForegroundSignals } from '../../process/foreground-signals.ts';
import { inheritedStdio, noStdio } from '../../process/inherited-stdio.ts';
import { append } from '../append.ts';
import type { CommandContext } from '../command-table.ts';
import { exitCodeOfContainer } from '../exit-code.ts';
import { note } from '../output.ts';

interface Flags {
  readonly interactive?: boolean;
  readonly tty?: boolean;
  readonly detach?: boolean;
  readonly env: readonly string[];
  readonly envFile: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  readonly privileged?: boolean;
  readonly capAdd: readonly string[];
  readonly detachKeys?: string;
}

export function define(command: Command, { session, exit }: CommandContext): void {
  command
    .argument('<container>', 'name or id')
    .argument('<command...>', 'what to run, and its arguments')
    .passThroughOptions()
    .option('-i, --interactive', 'keep standard input open')
    .option('-t, --tty', 'give the command a terminal')
    .option('-d, --detach', 'run it in the background')
    .option('-e, --env <name=value>', 'set a variable; a name alone passes yours on', append, [])
    .option('--env-file <file>', 'read variables from a file', append, [])
    .option('-w, --workdir <dir>', 'working directory inside the container')
    .option('-u, --user <user[:group]>', 'run as this user, by name or number')
    .option('--privileged', 'all capabilities, no filter')
    .option('--cap-add <name>', 'add a capability', append, [])
    .option('--detach-keys <keys>', 'with -t: the keys that leave it to itself (ctrl-p,ctrl-q)')
    .action(async (word: string, argv: readonly string[], flags: Flags) => {
      const paths = session.paths();
      const container = findKept(paths, word);
      const { interactive = false, tty: terminal = false, detach = false } = flags;
      const request = {
        command: argv,
        env: [
          ...flags.envFile.flatMap((file) => parseEnvFile(file, process.env, '--env-file', readFileSync)),
          ...parseEnv(flags.env, process.env, '--env'),
        ],
        workingDirectory:
          flags.workdir === undefined ? null : parseContainerPath(flags.workdir, flags.workdir, '--workdir'),
        user: flags.user ?? null,
        terminal,
        // The monitor reads it from the terminal of this command.
        size: null,
        privileged: flags.privileged ?? false,
        capAdd: parseCapabilities(flags.capAdd, '--cap-add'),
        detach,
        detachKeys:
          flags.detachKeys === undefined ? defaultDetachKeys : parseDetachKeys(flags.detachKeys, '--detach-keys'),
      };
      const signals = new ForegroundSignals(note);
      const streams = detach ? noStdio() : inheritedStdio({ stdin: interactive ? 'inherit' : 'null', terminal });
      try {
        const end = await execKept(container, request, {
          paths,
          stdio: streams.stdio,
          signal: signals.signal,
          notice: (line) => note(`tsrun: ${line}`),
          onLaunch: (controls) => {
            if (!detach) signals.launched(controls, { proxy: true, stopTimeout: 10, terminal });
          },
          onStep: null,
          onStarted: () => streams.handedOver(),
        });
        await streams.close();
        exit(end === null ? 0 : exitCodeOfContainer(end));
      } finally {
        signals[Symbol.dispose]();
        await streams.close();
      }
    });
}
