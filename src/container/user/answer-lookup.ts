/** Answers init's question who the user is, from the container's own files, read through its root's descriptor. */
import { errnoName } from '../../errors/errno.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { addon } from '../../native/addon.ts';
import { answerLimits, type LauncherMessage } from '../../native/messages.ts';
import type { Plan } from '../../plan/plan.ts';
import { parseGroup, parsePasswd } from './passwd.ts';
import { resolveUser } from './resolve-user.ts';

/** Larger files are no user databases (CVE-2024-9676, containerd CVE-2026-47262). */
const maxBytes = 1024 * 1024;

/**
 * @param root descriptor of the container's root
 * @throws TsrunError when there is no such user, or the files are not what they should be.
 */
export function answerLookup(
  plan: Plan,
  index: number,
  root: number,
): Extract<LauncherMessage, { readonly type: 'answer' }> {
  const step = plan.steps[index];
  if (step?.kind !== 'lookup') throw new Error(`step ${index} is no lookup`);
  const user = resolveUser(
    { user: step.user, groupAdd: step.groupAdd },
    parsePasswd(readDatabase(root, '/etc/passwd')),
    parseGroup(readDatabase(root, '/etc/group')),
  );
  if (user.groups.length > answerLimits.groups) {
    throw new TsrunError('USER_NOT_FOUND', `cannot give the user ${user.groups.length} groups`, {
      why: `at most ${answerLimits.groups} are supported`,
    });
  }
  refuseDenied(plan, step.groupAdd);
  refuseUnmapped(plan, user.groups);
  const home = Buffer.byteLength(user.home) > answerLimits.homeBytes || user.home.includes('\0') ? '/' : user.home;
  return { type: 'answer', uid: user.uid, gid: user.gid, groups: user.groups, home };
}

/** Those of the image's /etc/group are nobody's wish: the command goes without them. */
function refuseDenied({ steps }: Plan, asked: readonly string[]): void {
  const user = steps.find((step) => step.kind === 'user');
  if (asked.length === 0 || user?.identity.setGroups !== false) return;
  throw new TsrunError('HOST_UNSUPPORTED', `cannot give the user the group ${asked.join(', ')}`, {
    why: 'only one id is mapped in the user namespace, and there setgroups(2) is denied',
    hint: 'leave out --group-add, or get a range: install uidmap and list yourself in /etc/subuid and /etc/subgid',
  });
}

/** setgroups(2) says EINVAL, and not of which. A namespace of a single id has no setgroups. */
function refuseUnmapped({ steps }: Plan, groups: readonly number[]): void {
  const map = steps.find((step) => step.kind === 'id-map');
  if (map === undefined || map.writer === 'single') return;
  const stranger = groups.find(
    (id) => !map.gids.some(({ container, size }) => id >= container && id < container + size),
  );
  if (stranger === undefined) return;
  const mapped = map.gids.map(({ container, size }) =>
    size === 1 ? `${container}` : `${container}-${container + size - 1}`,
  );
  throw new TsrunError('USER_NOT_FOUND', `cannot give the user the group ${stranger}`, {
    why: `it is not mapped in the container's user namespace, which has ${mapped.join(', ')}`,
    hint: 'choose one of those, or give yourself more in /etc/subgid (usermod --add-subgids)',
  });
}

/** '' when the image has none. */
function readDatabase(root: number, path: string): string {
  try {
    return addon().readInRoot(root, path, maxBytes).toString('utf8');
  } catch (error) {
    const name = errnoName((error as { errno?: number }).errno ?? 0);
    if (name === 'ENOENT' || name === 'ENOTDIR') return '';
    const reasons: Readonly<Record<string, string>> = {
      EINVAL: 'it is not a regular file',
      EFBIG: `it is larger than ${maxBytes} bytes`,
      ELOOP: 'it is a symbolic link that leads nowhere',
    };
    throw new TsrunError('USER_NOT_FOUND', `cannot read ${path} of the image`, {
      why: reasons[name] ?? `reading it failed: ${name}`,
      hint: 'give the user as numbers, --user 1000:1000, or repair the image',
      cause: error,
    });
  }
}
