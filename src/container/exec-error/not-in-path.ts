/** A command that none of the directories of PATH has. */
import { nearestOf } from '../../errors/nearest.ts';
import { mayExecute } from './executor.ts';
import { type Fault, pathDirectories, type Scene } from './fault.ts';
import { namesLike } from './suggest.ts';
import { type Walked, walk } from './walk.ts';
import { anyOf, quote } from './words.ts';

/** More directories than a PATH that people wrote. */
const maxDirectories = 32;
/** Names compared, of all directories together. */
const maxNames = 20_000;
const usual = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const shells: ReadonlySet<string> = new Set(['sh', 'bash', 'ash', 'dash', 'zsh', 'ksh']);

export function notInPath(scene: Scene, command: string): Pick<Fault, 'why' | 'hint'> {
  const directories = pathDirectories(scene).slice(0, maxDirectories);
  const absent = directories.filter((directory) => walk(scene.files, directory, scene.who).type === 'missing');
  // Images lack some of the usual directories without harm; one that somebody wrote into PATH is worth a word.
  const odd = absent.filter((directory) => !usual.includes(directory)).slice(0, 3);
  const lacks = odd.length === 0 ? '' : `; the image has no ${anyOf(odd)}`;
  const why = `PATH is ${quote(scene.path)}${absent.length === directories.length ? '; the image has none of these directories' : lacks}`;
  return { why, hint: hintFor(scene, command, directories) };
}

function hintFor(scene: Scene, command: string, directories: readonly string[]): string | null {
  if (/\s/.test(command)) {
    return `the whole text is taken as one name: leave the quotes out, or write sh -c ${quote(command)}`;
  }
  if (command.startsWith('-')) return 'options of tsrun stand in front of the image, the command and its own behind it';
  const here = [...usual, scene.cwd].find(
    (directory) => !directories.includes(directory) && executable(scene, `${directory}/${command}`),
  );
  if (here !== undefined) {
    const path = here === '/' ? `/${command}` : `${here}/${command}`;
    return here === scene.cwd
      ? `the working directory has it: write ${quote(`./${command}`)}`
      : `it is ${quote(path)}: give the whole path, or add ${quote(here)} to PATH`;
  }
  const near = nearestCommands(scene, command, directories);
  if (near.length > 0) return `did you mean ${anyOf(near)}?`;
  if (!shells.has(command)) return null;
  const other = [...shells].find((shell) =>
    directories.some((directory) => executable(scene, `${directory}/${shell}`)),
  );
  return other === undefined ? 'the image has no shell: start its program itself' : `the image has ${quote(other)}`;
}

/** The names most like `command` that the user may execute, at most three. */
function nearestCommands(scene: Scene, command: string, directories: readonly string[]): readonly string[] {
  const names = new Map<string, string>();
  for (const directory of directories) {
    if (names.size > maxNames) break;
    for (const name of namesLike(scene.files, directory, command)) if (!names.has(name)) names.set(name, directory);
  }
  return nearestOf(command, names.keys(), 12)
    .filter((name) => executable(scene, `${names.get(name)}/${name}`))
    .slice(0, 3);
}

function executable(scene: Scene, path: string): boolean {
  const walked: Walked = walk(scene.files, path, scene.who);
  return walked.type === 'there' && walked.stat.type === 'file' && mayExecute(scene.who, walked.stat);
}
