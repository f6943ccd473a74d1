/** `tsrun doctor`. */
import { type Command, Option } from 'commander';
import type { Check } from '../../host/doctor/check.ts';
import { examine } from '../../host/doctor/examine.ts';
import { thisMachine } from '../../host/doctor/machine.ts';
import type { CommandContext } from '../command-table.ts';
import { print } from '../output.ts';

export function define(command: Command, { session, exit }: CommandContext): void {
  command
    .addOption(new Option('--format <format>', 'text or json').choices(['text', 'json']).default('text'))
    .addHelpText('after', '\nExit code: 0 when containers will run here, 1 when they will not.')
    .action(({ format }: { readonly format: 'text' | 'json' }) => {
      const checks = examine(thisMachine, session.paths());
      print(format === 'json' ? JSON.stringify(checks, null, 2) : doctorText(checks));
      exit(checks.some(({ status }) => status === 'fail') ? 1 : 0);
    });
}

/** One line a check, its fix below it, a verdict at the end. */
export function doctorText(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, status, detail, fix }) => [
    `${status.padEnd(4)}  ${name.padEnd(width)}  ${detail}`,
    ...(fix === null ? [] : [`${' '.repeat(width + 8)}fix: ${fix}`]),
  ]);
  const failed = checks.filter(({ status }) => status === 'fail').length;
  const warned = checks.filter(({ status }) => status === 'warn').length;
  const verdict =
    failed > 0
      ? `containers will not run here until what says "fail" is mended`
      : warned > 0
        ? 'containers run here, without what says "warn"'
        : 'everything works here';
  return [...lines, '', verdict].join('\n');
}
