/**
 * A container whose root is another user outside than who runs the script: `--userns private` of root, `keep-id` of an
 * ordinary user.
 *
 * Root of the host may enter the store, the user that it maps to may not: what the plan opens is bound below `$C/open`
 * first, in a mount namespace between the host's and the container's. An ordinary user's own id is mapped, and so root
 * inside may enter what is theirs; only the writable layer has to be given away, from inside.
 */
import type { OpenPath, OpenTree, Plan } from '../plan.ts';
import { type PlaceNames, type Places, quote } from './shell-words.ts';
import { sourcePath } from './source-path.ts';

export interface OtherRoot {
  readonly uid: number;
  readonly gid: number;
  /** Who gives the writable layer to it: root of the host by its number, or the new process while it is who ran the script. */
  readonly givenBy: 'script' | 'init';
}

/** Null: root inside is who runs the script, or root of the host. */
export function otherRoot({ steps }: Plan, caller: number): OtherRoot | null {
  const map = steps.find((step) => step.kind === 'id-map');
  const uid = map?.uids.find(({ container }) => container === 0)?.host;
  const gid = map?.gids.find(({ container }) => container === 0)?.host;
  if (map === undefined || uid === undefined || gid === undefined || uid === caller) return null;
  return { uid, gid, givenBy: map.writer === 'direct' ? 'script' : 'init' };
}

const pathOf = (step: OpenPath | OpenTree): string =>
  step.kind === 'open-path' ? step.path : sourcePath(step.source, step.subpath);

/** Where root inside finds what a step opens. */
export function reachablePath(step: OpenPath | OpenTree, names: PlaceNames, other: OtherRoot | null): string {
  const path = pathOf(step);
  const own = path.startsWith(`${names.directory}/`);
  return own || other?.givenBy !== 'script' ? path : `${names.directory}/open/${step.slot}`;
}

/** Binds what a step opens to where root inside can reach it; no line for what it can reach as it is. */
export function bindReachable(step: OpenPath | OpenTree, reachable: string, places: Places): readonly string[] {
  const path = pathOf(step);
  if (path === reachable) return [`# ${places.comment(path)} can be reached by its name`];
  const [from, at] = [places.host(path), places.host(reachable)];
  const bind = step.kind === 'open-tree' && step.reach === 'this' ? 'bind' : 'rbind';
  return [`if [ -d ${from} ]; then mkdir ${at}; else : > ${at}; fi`, `mount --${bind} ${from} ${at}`];
}

/** The end of the script inside that has the ids of its caller still: another shell goes on as root inside. */
export function becomeOtherRoot({ uid, givenBy }: OtherRoot): readonly string[] {
  const message = `cannot go on as user ${uid}, who is root inside: set TMPDIR to a directory that everybody may enter, not `;
  return [
    ...(givenBy === 'init' ? ['chown 0:0 "$C/upper"'] : []),
    'root="$setpriv --reuid 0 --regid 0 --clear-groups --pdeathsig keep"',
    `$root test -r "$C/root" || { echo ${quote(message)}"$C" >&2; exit 1; }`,
    'exec $root sh "$C/root" "$C"',
  ];
}
