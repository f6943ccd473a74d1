/** The id maps of a container's user namespace, user_namespaces(7). */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { IdRange, Privilege, UserNamespace } from '../plan/host-facts.ts';
import type { IdMap } from '../plan/plan.ts';

/** `--userns`. */
export type UserNamespaceChoice = 'default' | 'host' | 'private';

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
  return ofUser(privilege);
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

/** Ranges one after the other, from container id `first` on. */
function lay(ranges: readonly IdRange[], first: number): IdMap[] {
  let container = first;
  return ranges.map(({ start, size }) => {
    const map = { container, host: start, size };
    container += size;
    return map;
  });
}
