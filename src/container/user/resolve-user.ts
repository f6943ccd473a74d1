/** From "name", "uid", "name:group", ... to ids, by an image's passwd and group; docker's rules. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { type GroupEntry, maxId, type PasswdEntry, parseId } from './passwd.ts';

export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  readonly home: string;
}

export interface UserRequest {
  /** '' means root. */
  readonly user: string;
  /** Names or ids of more groups. */
  readonly groupAdd: readonly string[];
}

/**
 * Who `request` is. A name wins over an id: an entry *named* "1000" is found before uid 1000. Without a group the
 * supplementary groups are those that list the user; with one they are only what `groupAdd` says. The primary group is
 * among them.
 *
 * @throws TsrunError USER_NOT_FOUND for a name without entry, USAGE for an id out of range.
 */
export function resolveUser(
  request: UserRequest,
  passwd: readonly PasswdEntry[],
  group: readonly GroupEntry[],
): ResolvedUser {
  const [userPart = '', ...rest] = request.user.split(':');
  if (rest.length > 1) throw badUser(request.user, 'a user is "user" or "user:group"');
  const groupPart = rest[0] ?? '';
  const wanted = userPart === '' ? '0' : userPart;
  const entry =
    passwd.find((candidate) => candidate.name === wanted) ??
    passwd.find((candidate) => candidate.uid === parseId(wanted));
  const uid = entry?.uid ?? idOf(wanted, 'user', passwd);
  const own = groupPart === '' ? group.filter((g) => entry !== undefined && g.members.includes(entry.name)) : [];
  const gid = groupPart === '' ? (entry?.gid ?? 0) : gidOf(groupPart, group);
  const added = request.groupAdd.map((name) => gidOf(name, group));
  return {
    uid,
    gid,
    // The primary group too: a program that changes its gid must not get rid of what is denied to that group (CVE-2022-36109).
    groups: [...new Set([gid, ...own.map((g) => g.gid), ...added])],
    home: entry === undefined || entry.home === '' ? '/' : entry.home,
  };
}

function gidOf(text: string, group: readonly GroupEntry[]): number {
  return group.find((candidate) => candidate.name === text)?.gid ?? idOf(text, 'group', group);
}

function idOf(text: string, what: 'user' | 'group', known: readonly { readonly name: string }[]): number {
  const id = parseId(text);
  if (id !== null) return id;
  if (/^[+-]?[0-9]/.test(text)) throw badUser(text, `a ${what} id is a number from 0 to ${maxId}`);
  const names = known.map((entry) => entry.name).slice(0, 8);
  throw new TsrunError('USER_NOT_FOUND', `cannot find the ${what} "${text}" in the image`, {
    why: `/etc/${what === 'user' ? 'passwd' : 'group'} has no entry of that name`,
    hint: names.length === 0 ? `use a number instead of a name` : `it has ${names.join(', ')}`,
  });
}

const badUser = (text: string, why: string): TsrunError => new TsrunError('USAGE', `invalid user "${text}"`, { why });
