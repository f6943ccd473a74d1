/** `tsrun run`: the shortest road from argv to a container. */
import { readFileSync } from 'node:fs';
import { parseRunOptions } from '../../container/request/parse-run-options.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { parseArgv } from '../argv.ts';
import { exitCodeOfContainer } from '../exit-code.ts';
import { note, print } from '../output.ts';
import { runFlags, runHelp } from '../run-help.ts';
import { isOn, modeFrom, optionsFrom, spellOption } from '../run-line.ts';
import { unsupportedRunFlags, unsupportedRunLetters } from '../run-unsupported.ts';
import type { Session } from '../session.ts';

const table = {
  command: 'tsrun run',
  flags: runFlags,
  unsupported: unsupportedRunFlags,
  unsupportedLetters: unsupportedRunLetters,
};

/** @returns the exit code of the container */
export async function run(argv: readonly string[], session: Session): Promise<number> {
  const parsed = parseArgv(argv, table);
  session.adopt(parsed);
  if (isOn(parsed.values.get('help-all'), '--help-all')) return help('all');
  if (isOn(parsed.values.get('help'), '--help')) return help('common');
  const [argument, ...command] = parsed.rest;
  const mode = modeFrom(parsed);
  const request = parseRunOptions(optionsFrom(parsed, command), {
    spell: spellOption,
    cwd: process.cwd(),
    env: process.env,
    readFile: readFileSync,
  });
  if (argument === undefined) {
    throw new TsrunError('USAGE', 'no image was given', {
      why: 'tsrun run needs the image to run, after the flags',
      hint: 'tsrun run --rm -it alpine.tar sh',
    });
  }
  void [mode, request, note, exitCodeOfContainer];
  throw new TsrunError('NOT_YET', 'cannot run containers yet');
}

function help(which: 'common' | 'all'): number {
  print(runHelp(which));
  return 0;
}
