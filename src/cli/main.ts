/**
 * The command: finds the command's file, runs it, prints its error, answers with an exit code.
 *
 * `run` and `version` go straight to their files; everything else loads commander first.
 */
import { TsrunError } from '../errors/tsrun-error.ts';
import { placesError } from '../image/store/store-error.ts';
import { parseArgv } from './argv.ts';
import { namesBundle, ociLine } from './bundle-line.ts';
import { bugExitCode, exitCodeOfError } from './exit-code.ts';
import { flag } from './flags.ts';
import { globalFlags } from './global-flags.ts';
import { note } from './output.ts';
import { errorText } from './report-error.ts';
import { Session } from './session.ts';

export { leave } from '../process/leave.ts';

const topFlags = {
  command: 'tsrun',
  flags: [
    ...globalFlags,
    flag('switch', '-h, --help', 'show help', ''),
    flag('switch', '-v, --version', 'show the version', ''),
  ],
  unsupported: {},
  unsupportedLetters: {},
};

/** @param argv without the program's own name. Returns the exit code; never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  const session = new Session();
  // Its words are a line that somebody is typing: nothing in it is for us.
  if (argv[0] === '__complete')
    return await (await import('./completion/complete.ts')).complete(argv.slice(1), session);
  let verb = '';
  try {
    const top = parseArgv(argv, topFlags);
    session.adopt(top);
    if (top.values.has('version')) return (await import('./commands/version.ts')).version('short');
    const [name, ...args] = isGrouped(top.rest) ? (await import('./groups.ts')).withoutGroup(top.rest) : top.rest;
    if (top.values.has('help') || name === undefined) return await runProgram(['--help'], session);
    verb = name;
    if (namesBundle(name, args)) return await (await import('./oci/main.ts')).main(ociLine(top.rest, session));
    if (name === 'run') return await (await import('./commands/run.ts')).run(args, session);
    if (name === 'create') return await (await import('./commands/create.ts')).create(args, session);
    if (name === 'version' && args.length === 0) return (await import('./commands/version.ts')).version('text');
    return await runProgram([name, ...args], session);
  } catch (error) {
    const told = error instanceof TsrunError ? error : placesError(error, session.paths());
    note(errorText(told, session.debug));
    return told instanceof TsrunError ? exitCodeOfError(told, { verb, stage: session.stage }) : bugExitCode;
  }
}

/** docker's `container ls` and `image ls`. */
const isGrouped = ([name]: readonly string[]): boolean => name === 'container' || name === 'image';

async function runProgram(argv: readonly string[], session: Session): Promise<number> {
  const { program } = await import('./program.ts');
  return await program(argv, session);
}
