/**
 * tsrun-oci in Node: every verb that native/oci does not answer itself, and all lines it does not understand. The command
 * line is runc's, except that flags may stand behind the id too.
 */
import { nearest } from '../../errors/nearest.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { type ParsedArgv, parseArgv } from '../argv.ts';
import { flag } from '../flags.ts';
import { print } from '../output.ts';
import type { OciCommand, OciLine } from './command.ts';
import { innerCommands, nativeVerbs, ociCommands } from './commands.ts';
import { report } from './report.ts';
import { logOf, ociGlobalFlags, sessionFrom } from './session.ts';

export { leave } from '../../process/leave.ts';

const noneUnsupported = { unsupported: {}, unsupportedLetters: {} };

/** @param argv without the program's own name. Returns the exit code; never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  let log = logOf(new Map());
  let debug = false;
  let failure = 1;
  try {
    const top = parseArgv(argv, { command: 'tsrun-oci', flags: ociGlobalFlags, ...noneUnsupported });
    log = logOf(top.values);
    debug = isOn(top, 'debug');
    const [name, ...rest] = top.rest;
    if (isOn(top, 'version')) return (await import('./version.ts')).printVersion();
    if (isOn(top, 'help') || name === undefined || name === 'help') return (await import('./help.ts')).printHelp();
    const load = [ociCommands, innerCommands].find((table) => Object.hasOwn(table, name))?.[name];
    if (load === undefined) {
      sessionFrom(top.values);
      throw await notOurs(name, rest);
    }
    const { command } = await load();
    failure = command.failure;
    const line = command.words === 'any' ? { values: new Map(), words: rest } : parseLine(name, rest, command);
    if (line.values.get('help')?.at(-1) === 'true') {
      print((await import('./help.ts')).commandHelp(name, command));
      return 0;
    }
    return await command.run(line, sessionFrom(top.values));
  } catch (error) {
    report(error, log, debug);
    return failure;
  }
}

const isOn = (parsed: ParsedArgv, name: string): boolean => (parsed.values.get(name)?.at(-1) ?? 'false') !== 'false';

const helpFlag = flag('switch', '-h, --help', 'show this help', '');

/** Flags anywhere, up to `--`; those of a command inside the container are its own. */
function parseLine(name: string, argv: readonly string[], command: OciCommand): OciLine {
  const table = { command: `tsrun-oci ${name}`, flags: [...command.flags, helpFlag], ...noneUnsupported };
  const values = new Map<string, readonly string[]>();
  const words: string[] = [];
  for (let left = argv; left.length > 0; ) {
    const parsed = parseArgv(left, table);
    for (const [long, given] of parsed.values) values.set(long, [...(values.get(long) ?? []), ...given]);
    const behindDashes = left[left.length - parsed.rest.length - 1] === '--';
    if (behindDashes || (command.words === 'command' && words.length === 1)) {
      words.push(...parsed.rest);
      break;
    }
    words.push(...parsed.rest.slice(0, 1));
    left = parsed.rest.slice(1);
    if (command.words === 'options') {
      words.push(...(left[0] === '--' ? left.slice(1) : left));
      break;
    }
  }
  return { values, words };
}

/** A verb that native/oci would have answered was called wrongly; any other word is none. */
async function notOurs(name: string, rest: readonly string[]): Promise<TsrunError> {
  const native = Object.hasOwn(nativeVerbs, name) ? nativeVerbs[name] : undefined;
  if (native === undefined) {
    const close = nearest(name, [...Object.keys(ociCommands), ...Object.keys(nativeVerbs)]);
    return new TsrunError('USAGE', `unknown command "${name}"`, {
      why: 'tsrun-oci has no command of that name',
      hint: close === null ? 'see tsrun-oci --help' : `did you mean ${close}?`,
    });
  }
  return new TsrunError('USAGE', `cannot understand "${[name, ...rest].join(' ')}"`, {
    why: `${name} is called as: tsrun-oci ${name} ${native.usage}`,
    hint: 'see tsrun-oci --help',
  });
}
