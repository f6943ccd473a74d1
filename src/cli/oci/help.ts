/** Help of tsrun-oci: the verbs in the order of a container's life. */
import type { Flag } from '../flags.ts';
import { print } from '../output.ts';
import type { OciCommand } from './command.ts';
import { nativeVerbs, ociCommands } from './commands.ts';
import { ociGlobalFlags } from './session.ts';

export async function printHelp(): Promise<number> {
  const verbs: (readonly [string, string])[] = Object.entries(nativeVerbs).map(([name, { about }]) => [name, about]);
  for (const [name, load] of Object.entries(ociCommands)) verbs.push([name, (await load()).command.about]);
  print(
    [
      'Usage: tsrun-oci [flags] VERB ...',
      '',
      'An OCI runtime with the command line of runc, for podman, docker and containerd.',
      '',
      'Verbs:',
      ...columns(verbs.toSorted(([a], [b]) => (a < b ? -1 : 1))),
      '',
      'Flags:',
      ...columns(ociGlobalFlags.map(rowOf)),
    ].join('\n'),
  );
  return 0;
}

export function commandHelp(name: string, command: OciCommand): string {
  const lines = [`Usage: tsrun-oci ${name} ${command.usage}`, '', `${command.about}`];
  if (command.flags.length > 0) lines.push('', 'Flags:', ...columns(command.flags.map(rowOf)));
  return lines.join('\n');
}

const rowOf = (given: Flag): readonly [string, string] => [
  `${given.short === null ? '    ' : `-${given.short}, `}--${given.long}${given.placeholder === '' ? '' : ` ${given.placeholder}`}`,
  given.about,
];

function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
