/** Looks at a file as execve(2) does and says what stands in its way. */
import { findContentFault } from './content-fault.ts';
import { executorText, mayExecute } from './executor.ts';
import type { Fault, Scene } from './fault.ts';
import { capabilityFault } from './file-capabilities.ts';
import type { FileStat } from './root-files.ts';
import { nearestIn } from './suggest.ts';
import { join, type Walked, walk } from './walk.ts';
import { permissionsText, quote } from './words.ts';

/** A script's interpreter may be a script: the kernel follows five (fs/exec.c). */
const maxDepth = 5;

/**
 * The first thing wrong with `path`, or null when nothing is that we can see.
 *
 * @param depth how many interpreters led here
 */
export function findFault(scene: Scene, path: string, depth = 0): Fault | null {
  const absolute = path.startsWith('/') ? path : `${scene.cwd}/${path}`;
  const walked = walk(scene.files, absolute, scene.who);
  if (walked.type !== 'there') return pathFault(scene, path, walked);
  const file = quote(path);
  const denied = permissionFault(scene, file, walked.stat);
  if (denied !== null) return denied;
  if (depth > maxDepth)
    return { errno: 'ELOOP', why: `${file}: its interpreters form a loop`, hint: null, present: true };
  return (
    findContentFault(scene, { shown: path, path: walked.path, stat: walked.stat }, (next) =>
      findFault(scene, next, depth + 1),
    ) ?? capabilityFault(file, walked.stat, scene.who)
  );
}

/** The path does not lead to anything. */
export function pathFault(scene: Scene, path: string, walked: Exclude<Walked, { type: 'there' }>): Fault | null {
  switch (walked.type) {
    case 'missing': {
      const { directory, name, link } = walked;
      if (link !== null) {
        const why = `${quote(link.path)} is a symbolic link to ${quote(link.target)}, which is not there`;
        return { errno: 'ENOENT', why, hint: null, present: true };
      }
      const near = nearestIn(scene.files, directory, name);
      const hint = near === null ? null : `did you mean ${quote(join(directory, near))}?`;
      const why =
        directory === '/'
          ? `there is no ${quote(`/${name}`)} in the image`
          : `${quote(directory)} has no ${quote(name)}`;
      return { errno: 'ENOENT', why, hint, present: false };
    }
    case 'not-directory':
      return {
        errno: 'ENOENT',
        why: `${quote(walked.path)} is a file, not a directory`,
        hint: path.endsWith('/') ? 'leave the slash at the end out' : null,
        present: false,
      };
    case 'loop':
      return {
        errno: 'ELOOP',
        why: `the symbolic link ${quote(walked.path)} leads in a circle`,
        hint: null,
        present: true,
      };
    case 'unsearchable':
      return {
        errno: 'EACCES',
        why: `${executorText(scene.who)} may not enter the directory ${quote(walked.path)} (${permissionsText(walked.stat)})`,
        hint: `chmod a+x ${quote(walked.path)} in the image, or choose another --user`,
        present: true,
      };
    case 'unknown':
      return null;
  }
}

function permissionFault(scene: Scene, file: string, stat: FileStat): Fault | null {
  const denied = (why: string, hint: string | null): Fault => ({ errno: 'EACCES', why, hint, present: true });
  if (stat.type === 'directory') return denied(`${file} is a directory`, 'name a program in it');
  if (stat.type !== 'file') return denied(`${file} is a ${stat.type}, not a file`, null);
  if (stat.noexec)
    return denied(`${file} lies on a mount with the option noexec`, 'mount it with exec, or put the program elsewhere');
  if (mayExecute(scene.who, stat)) return null;
  if ((stat.mode & 0o111) === 0) {
    return denied(
      `${file} has no execute permission (${permissionsText(stat)})`,
      'make it executable when the image is built: chmod +x, or COPY --chmod=755',
    );
  }
  return denied(
    `${executorText(scene.who)} may not execute ${file} (${permissionsText(stat)})`,
    `chmod a+rx ${file} in the image, or choose another --user`,
  );
}
