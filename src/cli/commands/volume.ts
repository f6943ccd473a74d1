/** `tsrun volume create|ls|inspect|rm|prune`. */
import type { Command } from 'commander';
import type { CommandContext } from '../command-table.ts';
import { subcommand } from '../subcommand.ts';
import * as create from './volume/create.ts';
import * as inspect from './volume/inspect.ts';
import * as list from './volume/list.ts';
import * as prune from './volume/prune.ts';
import * as remove from './volume/remove.ts';

export function define(command: Command, context: CommandContext): void {
  create.define(subcommand(command, 'create', 'make a volume'), context);
  inspect.define(subcommand(command, 'inspect', 'show what is known of volumes'), context);
  list.define(subcommand(command, 'ls', 'list volumes'), context);
  prune.define(subcommand(command, 'prune', 'remove volumes that no container has'), context);
  remove.define(subcommand(command, 'rm', 'remove volumes'), context);
}
