/** `tsrun update CONTAINER...`: docker's flags, spelled and explained as those of `run`. */
import { type Command, Option } from 'commander';
import { updateKept } from '../../container/kept/update-kept.ts';
import { badValue } from '../../container/request/bad-value.ts';
import { parseRestart, type RestartPolicy } from '../../container/request/restart.ts';
import type { RunRequest } from '../../container/request/run-request.ts';
import { parseSize } from '../../container/request/size.ts';
import { askedFor, type UpdateOptions, updatedLimits } from '../../container/request/updated-limits.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { CommandContext } from '../command-table.ts';
import { eachContainer } from '../each-container.ts';
import { flagColumn } from '../flag-help.ts';
import { note } from '../output.ts';
import { optionFlags } from '../run-flags.ts';
import { spellOption } from '../run-line.ts';

const limits = [
  'memory',
  'memoryReservation',
  'memorySwap',
  'cpus',
  'cpuShares',
  'cpuQuota',
  'cpuPeriod',
  'cpusetCpus',
  'cpusetMems',
  'pidsLimit',
  'blkioWeight',
] as const satisfies readonly (keyof UpdateOptions)[];

export function define(command: Command, { session }: CommandContext): void {
  command.argument('<container...>', 'names or ids');
  for (const { flag, option } of optionFlags) {
    if (option !== 'restart' && !limits.some((limit) => limit === option)) continue;
    command.addOption(
      new Option(
        flagColumn(flag)
          .trim()
          .replace(/ (\S+)$/, ' <$1>'),
        flag.about,
      ).argParser((text) => checked(option, text)),
    );
  }
  command.action(async (words: readonly string[], { restart: policy, ...flags }: UpdateOptions & RestartOption) => {
    const asked = askedFor(flags);
    const restart = policy === undefined ? null : parseRestart(policy, '--restart');
    if (Object.keys(asked).length === 0 && restart === null) {
      throw new TsrunError('USAGE', 'cannot update nothing', {
        why: 'neither a limit nor --restart was given',
        hint: `write for example tsrun update -m 64m ${words[0] ?? ''}`.trimEnd(),
      });
    }
    const paths = session.paths();
    await eachContainer(paths, words, async (container, word) => {
      const notes = await updateKept(paths, container, {
        request: (before) => ({
          ...before,
          restart: restart === null ? before.restart : restartAllowed(before, restart),
          limits: updatedLimits(before.limits, asked, spellOption),
        }),
        asked: Object.keys(asked),
      });
      for (const line of notes) note(`tsrun: ${line}`);
      return word;
    });
  });
}

/**
 * A size or a number that is none is a mistake of the line, as with docker; whether the limit can be is the command's to say. The text stays:
 * what is 0 or -1 means something here.
 *
 * @throws TsrunError USAGE
 */
function checked(option: string, text: string): string {
  const name = spellOption(option as keyof UpdateOptions);
  if (text === '' || text === '-1' || option === 'restart' || option.startsWith('cpuset')) return text;
  if (option.startsWith('memory')) parseSize(text, name);
  else if (option === 'cpus' ? !/^(\d+\.?\d*|\.\d+)$/.test(text) : !/^[+-]?\d+$/.test(text)) {
    throw badValue(name, text, 'it is no number', `write for example ${name} 2`);
  }
  return text;
}

interface RestartOption {
  readonly restart?: string;
}

/** @throws TsrunError USAGE */
function restartAllowed({ remove }: RunRequest, policy: RestartPolicy): RestartPolicy {
  if (!remove || policy.name === 'no') return policy;
  throw new TsrunError('USAGE', 'cannot start a container again that was made with --rm', {
    why: 'it is removed when it ends',
  });
}
