/** A command of a group, such as `system df`. */
import type { Command } from 'commander';

/** Without a command the group shows its help. */
export function subcommand(group: Command, name: string, summary: string): Command {
  group.helpCommand(false).action(() => group.help());
  return group
    .command(name)
    .description(summary)
    .helpGroup('Commands:')
    .optionsGroup('Flags:')
    .helpOption('-h, --help', 'show help');
}
