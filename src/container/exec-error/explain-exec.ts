/** Why execve failed, in docker users' words and from what stands in the image. Pure: the files are handed in. */
import { type ErrorCode, TsrunError } from '../../errors/tsrun-error.ts';
import type { Fault, Scene } from './fault.ts';
import { findFault } from './find-fault.ts';
import { kernelWords } from './kernel-words.ts';
import { notInPath } from './not-in-path.ts';
import { tooBig } from './too-big.ts';
import { quote } from './words.ts';

/** An execve that failed. */
export interface FailedExec {
  readonly argv: readonly string[];
  readonly env: readonly string[];
  /** The files that were tried, in order. */
  readonly candidates: readonly string[];
  /** What the kernel said, for example `ENOENT`. */
  readonly errno: string;
  /** The candidate it said it of; null: of none in particular. */
  readonly candidate: number | null;
}

/** A PATH of 128 KiB has room for more than anybody wants to wait for. */
const maxCandidates = 256;

/** Docker's words for what its clients tell apart. */
const summaries: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  ENOEXEC: 'exec format error',
  ELIBBAD: 'exec format error',
  ELOOP: 'too many levels of symbolic links',
  EPERM: 'operation not permitted',
  E2BIG: 'argument list too long',
};

/** Where the reason leaves nothing to guess. */
const mend = 'mend it in the image, or name another program';

export function explainExec(exec: FailedExec, scene: Scene): TsrunError {
  const command = exec.argv[0] ?? '';
  const searched = !command.includes('/');
  const { why, hint, absent } = reasonFor(exec, scene, command, searched);
  const said = summaries[exec.errno] ?? kernelWords(exec.errno).text;
  const summary = absent && searched ? 'executable file not found in $PATH' : said;
  const parts = {
    why,
    hint: hint ?? (absent && searched ? 'install it in the image, or name a program that is there' : mend),
  };
  return new TsrunError(codeFor(exec.errno), `cannot start ${quote(command)}: ${summary}`, parts);
}

/** As docker: 127 for what is not there, 126 for what is and cannot be executed. */
const codeFor = (errno: string): ErrorCode => (errno === 'ENOENT' ? 'COMMAND_NOT_FOUND' : 'COMMAND_NOT_EXECUTABLE');

interface Reason {
  readonly why: string;
  readonly hint: string | null;
  /** Nothing of that name was found. */
  readonly absent: boolean;
}

function reasonFor(exec: FailedExec, scene: Scene, command: string, searched: boolean): Reason {
  if (exec.errno === 'E2BIG') return { ...tooBig(exec), absent: false };
  const tried = exec.candidates
    .filter((_, index) => exec.candidate === null || index === exec.candidate)
    .slice(0, maxCandidates)
    .map((path) => ({ path, fault: findFault(scene, path) }));
  // What the kernel said decides: a fault that gives another errno is not the one that it met.
  const met = tried.filter((each) => each.fault?.errno === exec.errno);
  const found = met.find(({ fault }) => fault?.present) ?? (searched ? undefined : met[0]);
  if (found?.fault) {
    const others = tried.filter(({ path, fault }) => path !== found.path && fault?.present);
    return { why: `${found.fault.why}${alsoTried(others)}`, hint: found.fault.hint, absent: false };
  }
  if (exec.errno === 'ENOENT' && searched) return { ...notInPath(scene, command), absent: true };
  const { text, hint } = kernelWords(exec.errno);
  return { why: `execve failed: ${exec.errno} (${text})`, hint, absent: false };
}

/** The other files of that name that PATH led to. */
function alsoTried(others: readonly { readonly fault: Fault | null }[]): string {
  const reasons = [...new Set(others.map(({ fault }) => fault?.why))];
  return reasons.length === 0 ? '' : `; also tried: ${reasons.join('; ')}`;
}
