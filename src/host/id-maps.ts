/** The id maps of a container's user namespace, user_namespaces(7). */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { IdRange, Privilege, UserNamespace } from '../plan/host-facts.ts';
import type { IdMap } from '../plan/plan.ts';

/** `--userns`. */
export type UserNamespaceChoice = 'default' | 'host' | 'private' | 'keep-id';

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
      hint: 'leave --userns out, or run as root',
    });
  }
  return choice === 'keep-id' ? keepId(privilege) : ofUser(privilege);
}

function ofRoot(choice: UserNamespaceChoice): UserNamespace {
  switch (choice) {
    case 'default':
    case 'host':
      return { type: 'host' };
    case 'private': {
      const map: IdMap[] = [{ container: 0, host: rootRange.start, size: rootRange.size }];
      return { type: 'new', uids: map, gids: map, writer: 'direct' };
    }
    case 'keep-id':
      throw new TsrunError('USAGE', 'keep-id is for ordinary users', {
        why: 'it keeps the number of the user who starts the container, which is 0 for root',
        hint: "use --userns private for other ids than the host's",
      });
  }
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

/** The user has the same number inside and outside: what lies below and above comes from the subordinate ranges. */
function keepId(user: Rootless): UserNamespace {
  if (!user.canMapRanges) {
    throw new TsrunError('HOST_UNSUPPORTED', 'cannot keep your user id inside the container', {
      why: 'root inside needs an id of its own, and only one id can be mapped',
      hint: `install newuidmap (package uidmap) and add "${user.user}:100000:65536" to /etc/subuid and /etc/subgid`,
    });
  }
  return {
    type: 'new',
    uids: around(user.subuids, user.uid),
    gids: around(user.subgids, user.gid),
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

/** The ranges laid from 0 on with a hole of one id, which is `own` on both sides. */
function around(ranges: readonly IdRange[], own: number): IdMap[] {
  const laid = lay(ranges, 0).flatMap(({ container, host, size }) => {
    const before = Math.min(size, Math.max(0, own - container));
    return [
      { container, host, size: before },
      { container: container + before + (own <= container + before ? 1 : 0), host: host + before, size: size - before },
    ].filter((map) => map.size > 0);
  });
  return [...laid, { container: own, host: own, size: 1 }].sort((a, b) => a.container - b.container);
}
