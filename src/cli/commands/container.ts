/** `tsrun container`: docker's group, whose members are names of commands (groups.ts). */
import type { Command } from 'commander';
import { groupHelp } from '../groups.ts';

export function define(command: Command): void {
  command.addHelpText('after', () => `\n${groupHelp('container')}`).action(() => command.help());
}
