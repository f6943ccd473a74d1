/** `tsrun network connect|create|disconnect|fault|inspect|ls|prune|rm`. */
import type { Command } from 'commander';
import type { CommandContext } from '../command-table.ts';
import { subcommand } from '../subcommand.ts';
import * as connect from './network/connect.ts';
import * as create from './network/create.ts';
import * as disconnect from './network/disconnect.ts';
import * as fault from './network/fault.ts';
import * as inspect from './network/inspect.ts';
import * as list from './network/list.ts';
import * as prune from './network/prune.ts';
import * as remove from './network/remove.ts';

export function define(command: Command, context: CommandContext): void {
  connect.define(subcommand(command, 'connect', 'connect a container with a network'), context);
  create.define(subcommand(command, 'create', 'make a network'), context);
  disconnect.define(subcommand(command, 'disconnect', 'disconnect a container from a network'), context);
  fault.define(
    subcommand(command, 'fault', 'make what comes to containers late, lost or slow, or cut them off'),
    context,
  );
  inspect.define(subcommand(command, 'inspect', 'show what is known of networks'), context);
  list.define(subcommand(command, 'ls', 'list networks'), context);
  prune.define(subcommand(command, 'prune', 'remove networks that no container is on'), context);
  remove.define(subcommand(command, 'rm', 'remove networks'), context);
}
