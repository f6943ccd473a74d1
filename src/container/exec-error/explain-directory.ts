/** Why the working directory cannot be entered. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { executorText, maySearch } from './executor.ts';
import type { Scene } from './fault.ts';
import { pathFault } from './find-fault.ts';
import { kernelWords } from './kernel-words.ts';
import { walk } from './walk.ts';
import { permissionsText, quote } from './words.ts';

/**
 * @param errno what chdir or getcwd said; EXDEV: the directory lies outside the root
 */
export function explainDirectory(path: string, errno: string, scene: Scene): TsrunError {
  const name = quote(path);
  if (errno === 'EXDEV') {
    return new TsrunError('STEP_FAILED', `cannot enter the working directory ${name}: it is outside the container`, {
      why: 'the path leads to a directory of the host, through an open file descriptor for example',
      hint: 'do not trust this image: that is how CVE-2024-21626 was exploited',
    });
  }
  const { why, hint } = reasonFor(path, errno, scene);
  const parts = { why, ...(hint === null ? {} : { hint }) };
  // Docker's client makes 126 of these.
  return new TsrunError(
    'COMMAND_NOT_EXECUTABLE',
    `cannot enter the working directory ${name}: ${kernelWords(errno).text}`,
    parts,
  );
}

function reasonFor(path: string, errno: string, scene: Scene): { readonly why: string; readonly hint: string | null } {
  const walked = walk(scene.files, path, scene.who);
  if (walked.type !== 'there') {
    const fault = pathFault(scene, path, walked);
    if (fault !== null) return { why: fault.why, hint: fault.hint };
  } else if (walked.stat.type !== 'directory') {
    return {
      why: `${quote(walked.path)} is a ${walked.stat.type}, not a directory`,
      hint: 'name a directory with --workdir',
    };
  } else if (!maySearch(scene.who, walked.stat)) {
    return {
      why: `${executorText(scene.who)} may not enter ${quote(walked.path)} (${permissionsText(walked.stat)})`,
      hint: 'choose another --workdir or --user, or change its mode in the image',
    };
  }
  return { why: `chdir failed: ${errno}`, hint: null };
}
