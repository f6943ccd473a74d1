/** What a command's line looks like, whoever reads it: our own tables for `run` and `create`, commander for the others. */
import { Command } from 'commander';
import type { CommandContext } from '../command-table.ts';
import { commandTable } from '../command-table.ts';
import type { Flag } from '../flags.ts';
import { globalFlags } from '../global-flags.ts';
import { groupMembers, isGroup } from '../groups.ts';
import { runFlags } from '../run-help.ts';

export interface FlagShape {
  readonly long: string;
  readonly short: string | null;
  readonly about: string;
  /** `attached`: a value only behind `=`. */
  readonly takes: 'nothing' | 'value' | 'attached';
  readonly values: readonly string[] | 'path' | 'none';
}

export interface ArgumentShape {
  readonly name: string;
  readonly variadic: boolean;
  readonly choices: readonly string[];
}

export interface CommandShape {
  readonly name: string;
  readonly flags: readonly FlagShape[];
  readonly arguments: readonly ArgumentShape[];
  /** Whether flags end at the first argument: what follows is for the container. */
  readonly ends: boolean;
  readonly commands: readonly { readonly name: string; readonly about: string }[];
}

const help: FlagShape = { long: 'help', short: 'h', about: 'show help', takes: 'nothing', values: 'none' };

export function topShape(): CommandShape {
  const version = { ...help, long: 'version', short: 'v', about: 'show the version' };
  const commands = commandTable.map(({ name, summary }) => ({ name, about: summary }));
  return { name: '', flags: [...globalFlags.map(ofTable), help, version], arguments: [], ends: false, commands };
}

/** @param path names of a command and those below it; null: there is none */
export async function shapeOf(path: readonly string[]): Promise<CommandShape | null> {
  const [name = '', inner] = path;
  const entry = commandTable.find((one) => one.name === name);
  if (entry === undefined) return null;
  if (entry.load === null) return ofRun(name);
  const command = new Command(name);
  const context: CommandContext = { session: undefined as never, exit: () => undefined };
  (await entry.load()).define(command, context);
  const found = inner === undefined ? command : command.commands.find((one) => one.name() === inner);
  if (found === undefined) return null;
  const shape = ofCommander(found);
  return isGroup(name) && inner === undefined
    ? { ...shape, commands: [...groupMembers(name), ...shape.commands] }
    : shape;
}

const ofTable = ({ long, short, about, kind, complete }: Flag): FlagShape => ({
  long,
  short,
  about,
  takes: kind === 'switch' ? 'nothing' : kind === 'word' ? 'attached' : 'value',
  values: complete,
});

const ofRun = (name: string): CommandShape => ({
  name,
  flags: [...runFlags.map(ofTable), help],
  arguments: [
    { name: 'image-or-file', variadic: false, choices: [] },
    { name: 'command', variadic: true, choices: [] },
  ],
  ends: true,
  commands: [],
});

function ofCommander(command: Command): CommandShape {
  const flags = command.options
    .filter(({ hidden, long }) => !hidden && long !== undefined)
    .map(
      ({ long, short, description, required, optional, argChoices, flags }): FlagShape => ({
        long: (long ?? '').slice(2),
        short: short === undefined ? null : short.slice(1),
        about: description,
        takes: required ? 'value' : optional ? 'attached' : 'nothing',
        values: argChoices ?? (/[<[](file|dir|path)/i.test(flags) ? 'path' : 'none'),
      }),
    );
  const given = command.registeredArguments.map((argument) => ({
    name: argument.name(),
    variadic: argument.variadic,
    choices: argument.argChoices ?? [],
  }));
  return {
    name: command.name(),
    flags: [...flags, ...globalFlags.map(ofTable), help],
    arguments: given,
    ends: given.at(-1)?.name === 'command',
    commands: command.commands.map((one) => ({ name: one.name(), about: one.description() })),
  };
}
