/** A command of a group, such as `system df`. */
import type { Command } from 'commander';
import { nearest } from '../errors/nearest.ts';
import { TsrunError } from '../errors/tsrun-error.ts';

/** Without a command the group shows its help. */
export function subcommand(group: Command, name: string, summary: string): Command {
  group
    .helpCommand(false)
    .allowExcessArguments()
    .action(() => {
      const [word] = group.args;
      if (word === undefined) group.help();
      throw unknownCommand(group, word);
    });
  return group
    .command(name)
    .allowExcessArguments(false)
    .description(summary)
    .helpGroup('Commands:')
    .optionsGroup('Flags:')
    .helpOption('-h, --help', 'show help');
}

function unknownCommand(group: Command, word: string): TsrunError {
  const name = group.name();
  const close = nearest(
    word,
    group.commands.map((command) => command.name()),
  );
  return new TsrunError('WORDS', `unknown command "${name} ${word}"`, {
    why: `tsrun ${name} has no command of that name`,
    hint: close === null ? `tsrun ${name} --help lists them` : `did you mean tsrun ${name} ${close}?`,
  });
}
