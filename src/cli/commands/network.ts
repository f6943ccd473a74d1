/** `tsrun network create|ls|inspect|rm|prune`. */
import type { Command } from 'commander';
import type { CommandContext } from '../command-table.ts';
import { subcommand } from '../subcommand.ts';
import * as create from './network/create.ts';
import * as inspect from './network/inspect.ts';
import * as list from './network/list.ts';
import * as prune from './network/prune.ts';
import * as remove from './network/remove.ts';

export function define(command: Command, context: CommandContext): void {
  create.define(subcommand(command, 'create', 'make a network'), context);
  inspect.define(subcommand(command, 'inspect', 'show what is known of networks'), context);
  list.define(subcommand(command, 'ls', 'list networks'), context);
  prune.define(subcommand(command, 'prune', 'remove networks that no container is on'), context);
  remove.define(subcommand(command, 'rm', 'remove networks'), context);
}
