/** The id maps of a container's user namespace, user_namespaces(7). */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { IdRange, Privilege, UserNamespace } from '../plan/host-facts.ts';
import type { IdMap } from '../plan/plan.ts';

/** `--userns`. */
export type UserNamespaceChoice = 'default' | 'host' | 'private' | KeptIds;

/** podman's keep-id: the caller has these ids inside, by default the same as outside. */
export interface KeptIds {
  readonly type: 'keep-id';
  readonly uid: number | null;
  readonly gid: number | null;
}

type Rootless = Extract<Privilege, { type: 'rootless' }>;

/**
 * Host ids for containers that root starts in a user namespace of their own.
 *
 * Above what systemd gives to its own containers (524288 to 1879048191) and below 2^31, where no distribution hands out ids; systemd's
 * UIDS-GIDS document lists the range as unused. Not one of /etc/subuid: those belong to people.
 */
const rootRange: IdRange = { start: 1_879_048_192, size: 65_536 };

/**
 * @example userNamespaceFor('default', { type: 'root' }) // { type: 'host' }
 * @throws TsrunError HOST_UNSUPPORTED where this user cannot have it
 */
export function userNamespaceFor(choice: UserNamespaceChoice, privilege: Privilege): UserNamespace {
  if (privilege.type === 'root') return ofRoot(choice);
  if (choice === 'host') {
    throw new TsrunError('HOST_UNSUPPORTED', 'cannot share the user namespace of the host', {
      why: 'an ordinary user may make the other namespaces only inside a user namespace',
      hint: 'leave out --userns host or --without user, or run as root',
    });
  }
  return typeof choice === 'string' ? ofUser(privilege) : keepingIds(choice, privilege);
}

/** The ids that the caller has inside. */
export const keptIds = (choice: KeptIds, user: Rootless): { readonly uid: number; readonly gid: number } => ({
  uid: choice.uid ?? user.uid,
  gid: choice.gid ?? user.gid,
});

/** Whether an ordinary user's own id is another one than root's inside. */
export const rootIsSomebodyElse = (userns: UserNamespace): boolean =>
  userns.type === 'new' &&
  userns.writer === 'newidmap' &&
  userns.uids.every(({ container, host }) => container !== 0 || host !== process.geteuid?.());

function keepingIds(choice: KeptIds, user: Rootless): UserNamespace {
  if (!user.canMapRanges) {
    throw new TsrunError('HOST_UNSUPPORTED', 'cannot keep your user id in the container', {
      why: 'a container needs a root besides, and there are no subordinate ids for one',
      hint: 'ask for a range in /etc/subuid and /etc/subgid, and for newuidmap; see "tsrun doctor"',
    });
  }
  const { uid, gid } = keptIds(choice, user);
  return {
    type: 'new',
    uids: layAround({ container: uid, host: user.uid, size: 1 }, user.subuids),
    gids: layAround({ container: gid, host: user.gid, size: 1 }, user.subgids),
    writer: 'newidmap',
  };
}

/** The ranges from container id 0 on, with a gap where the one id of its own goes. */
function layAround(own: IdMap, ranges: readonly IdRange[]): IdMap[] {
  const laid = lay(ranges, 0).map((map) => {
    const below = Math.min(Math.max(own.container - map.container, 0), map.size);
    const above = map.size - below;
    return {
      below: { ...map, size: below },
      above: { container: map.container + below + 1, host: map.host + below, size: above },
    };
  });
  const all = [...laid.map(({ below }) => below), own, ...laid.map(({ above }) => above)];
  return all.filter(({ size }) => size > 0);
}

function ofRoot(choice: UserNamespaceChoice): UserNamespace {
  if (typeof choice !== 'string') return sameIds(choice);
  switch (choice) {
    case 'default':
    case 'host':
      return { type: 'host' };
    case 'private': {
      const map: IdMap[] = [{ container: 0, host: rootRange.start, size: rootRange.size }];
      return { type: 'new', uids: map, gids: map, writer: 'direct' };
    }
  }
}

/** podman's keep-id of root: a namespace of its own in which every id is the same as outside. */
function sameIds({ uid, gid }: KeptIds): UserNamespace {
  if ((uid ?? 0) !== 0 || (gid ?? 0) !== 0) {
    throw new TsrunError('HOST_UNSUPPORTED', 'cannot give root another id with keep-id', {
      why: 'every id inside would have to be another one outside; uid and gid of keep-id are for ordinary users',
      hint: 'use --userns keep-id alone, or --userns private; --user chooses who the command is',
    });
  }
  const all: IdMap[] = [{ container: 0, host: 0, size: 2 ** 32 - 1 }];
  return { type: 'new', uids: all, gids: all, writer: 'direct' };
}

/** Root inside is the user outside; the other ids come from the subordinate ranges. */
function ofUser(user: Rootless): UserNamespace {
  if (!user.canMapRanges) {
    return {
      type: 'new',
      uids: [{ container: 0, host: user.uid, size: 1 }],
      gids: [{ container: 0, host: user.gid, size: 1 }],
      writer: 'single',
    };
  }
  return {
    type: 'new',
    uids: [{ container: 0, host: user.uid, size: 1 }, ...lay(user.subuids, 1)],
    gids: [{ container: 0, host: user.gid, size: 1 }, ...lay(user.subgids, 1)],
    writer: 'newidmap',
  };
}

/** Ranges one after the other, from container id `first` on. */
function lay(ranges: readonly IdRange[], first: number): IdMap[] {
  let container = first;
  return ranges.map(({ start, size }) => {
    const map = { container, host: start, size };
    container += size;
    return map;
  });
}
