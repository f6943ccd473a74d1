/** `tsrun run --help`: what most people need on one screen; `--help-all` has the rest. */
import { flagLines } from './flag-help.ts';
import type { Flag } from './flags.ts';
import { globalFlags } from './global-flags.ts';
import { optionFlags, ownFlags } from './run-flags.ts';

/** Everything `tsrun run` takes, in the order of the help. */
export const runFlags: readonly Flag[] = [...optionFlags.map((entry) => entry.flag), ...ownFlags, ...globalFlags];

/** The two commands that read this line. */
export type RunVerb = 'run' | 'create';

const images = `IMAGE is a file (docker or OCI archive, rootfs tar), a directory, - for
standard input, or the name of a stored image. Flags come before it.`;

const usages: Readonly<Record<RunVerb, string>> = {
  run: `Usage: tsrun run [flags] IMAGE [COMMAND] [ARGUMENT...]

Runs a command in a new container. ${images}

  tsrun run --rm -it alpine.tar sh
  tsrun run --rm -v ./src:/src:ro -w /src -m 256m node.tar npm test
  tsrun run --rm --explain alpine.tar true`,
  create: `Usage: tsrun create [flags] IMAGE [COMMAND] [ARGUMENT...]

Makes a container that "tsrun start" starts. ${images}

  tsrun create --name web -m 256m web.tar`,
};

export function runHelp(verb: RunVerb, which: 'common' | 'all'): string {
  const usage = usages[verb];
  if (which === 'all') return `${usage}\n\n${flagLines(runFlags)}`;
  const rest = runFlags.length - runFlags.filter(({ common }) => common).length;
  return `${usage}\n\n${flagLines(runFlags.filter(({ common }) => common))}\n\n${rest} more: tsrun ${verb} --help-all`;
}
