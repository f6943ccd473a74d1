/** Everything but `run`, by commander: finds the command, reads its flags, prints help. */
import { existsSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { nearest } from '../errors/nearest.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import { commandTable, laterCommands } from './command-table.ts';
import { usageError } from './commander-error.ts';
import { flagColumn } from './flag-help.ts';
import { globalFlags } from './global-flags.ts';
import { print } from './output.ts';
import type { Session } from './session.ts';

/** @returns the exit code */
export async function program(argv: readonly string[], session: Session): Promise<number> {
  let exitCode = 0;
  const context = {
    session,
    exit: (code: number): void => {
      exitCode = code;
    },
  };
  const wanted = argv[0] === 'help' ? argv[1] : argv[0];
  if (wanted === 'run') return await (await import('./commands/run.ts')).run(['--help'], session);
  if (wanted === 'create') return await (await import('./commands/create.ts')).create(['--help'], session);
  const root = new Command('tsrun')
    .optionsGroup('Flags:')
    .usage('[flags] COMMAND ...')
    .description('Runs containers from image files, without a daemon.')
    .addHelpText('after', '\nTry it: tsrun run --rm -it alpine.tar sh\nMore on a command: tsrun COMMAND --help')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    // What follows the command that exec is to run is not ours to read.
    .enablePositionalOptions()
    .option('-v, --version', 'show the version');
  for (const { name, summary, group, load } of commandTable) {
    const command = root.command(name).description(summary).helpGroup(group).optionsGroup('Flags:');
    command.helpOption('-h, --help', 'show help');
    if (name === wanted && load !== null) (await load()).define(command, context);
    for (const inner of command.commands) configure(inner, session);
    configure(command, session);
  }
  configure(root, session);
  root.hook('preAction', () => {
    session.stage = 'doing';
  });
  checkCommand(wanted);
  try {
    await root.parseAsync(argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // A word that is none of a flag's choices can be read: docker's commands find it out themselves.
    if (error.code === 'commander.invalidArgument') session.stage = 'doing';
    if (error.exitCode !== 0) throw usageError(error, `tsrun ${wanted ?? ''}`.trim());
  }
  return exitCode;
}

/** What the root and every command have in common. */
function configure(command: Command, session: Session): Command {
  for (const given of globalFlags) {
    const flags = flagColumn(given)
      .trim()
      .replace(/ (\S+)$/, ' <$1>');
    command.addOption(new Option(flags, given.about).helpGroup(`${given.group}:`));
    command.on(`option:${given.long}`, (value: string | null) => {
      session.adopt({ values: new Map([[given.long, [value ?? 'true']]]), rest: [] });
    });
  }
  command.configureHelp({ subcommandTerm: (one) => one.name() });
  return command.exitOverride().configureOutput({
    writeOut: (text) => print(text.trimEnd()),
    // What commander would say is said by main, in our form.
    writeErr: () => undefined,
    outputError: () => undefined,
  });
}

/** @throws TsrunError for a command that does not exist, with what was probably meant */
function checkCommand(wanted: string | undefined): void {
  if (wanted === undefined || wanted.startsWith('-') || commandTable.some(({ name }) => name === wanted)) return;
  if (laterCommands.includes(wanted)) {
    throw new TsrunError('WORDS', `cannot do "${wanted}" yet`, {
      why: 'docker has this command, tsrun does not have it yet',
      hint: 'tsrun --help lists the commands',
    });
  }
  const close = nearest(
    wanted,
    commandTable.map(({ name }) => name),
  );
  const isImage = close === null && (existsSync(wanted) || /\.(tar|tgz|txz)(\.\w+)?$/.test(wanted));
  throw new TsrunError('WORDS', `unknown command "${wanted}"`, {
    why: 'tsrun has no command of that name',
    hint: isImage
      ? `did you mean tsrun run ${wanted}?`
      : close === null
        ? 'tsrun --help lists the commands'
        : `did you mean tsrun ${close}?`,
  });
}
