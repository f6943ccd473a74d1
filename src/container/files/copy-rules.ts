/** What becomes of owners, modes and attributes on the way out of a container or into it. */
import { ownersIn } from '../../image/layer/owners.ts';
import type { TarEntry, TarMetadata } from '../../image/layer/tar/entry.ts';
import { isImageXattr } from '../../image/layer/xattrs.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';

/** `null`: not copied. */
export type CopyRule = (entry: TarEntry) => TarMetadata | null;

const SETUID = 0o4000;
const SETGID = 0o2000;

/** Whose the files will be: the one who is root there or who copies, or those who have them now (`-a`). */
export type Owners = 'given' | 'kept';

/** Into a container. A program that was to run as somebody else must not run as root instead. */
export function rulesIntoContainer(mapping: UserNamespace, owners: Owners): CopyRule {
  const held = ownersIn(mapping);
  return ({ name, meta }) => {
    const xattrs = only(meta, (key) => isImageXattr(key, mapping));
    if (owners === 'kept') return held(name, { ...meta, xattrs });
    return { ...meta, xattrs, uid: 0, gid: 0, mode: withoutRights(meta, meta.uid !== 0, meta.gid !== 0) };
  };
}

/**
 * Onto the host. What a container made is its word, not the host's: without `-a` nothing that gives rights is copied, no
 * setuid, no file capabilities, no devices.
 */
export function rulesOntoHost(owners: Owners): CopyRule {
  const uid = process.geteuid?.() ?? 0;
  const gid = process.getegid?.() ?? 0;
  // Only root may give files away; for others -a is what it is for cp(1).
  if (owners === 'kept' && uid === 0) {
    return ({ meta }) => ({ ...meta, xattrs: only(meta, (key) => isImageXattr(key, { type: 'host' })) });
  }
  return ({ type, meta }) => {
    if (type === 'char' || type === 'block') return null;
    const xattrs = only(meta, (key) => key.startsWith('user.') && !key.startsWith('user.overlay.'));
    return { ...meta, xattrs, uid, gid, mode: withoutRights(meta, true, true) };
  };
}

const withoutRights = ({ mode }: TarMetadata, user: boolean, group: boolean): number =>
  mode & ~(user ? SETUID : 0) & ~(group ? SETGID : 0);

const only = ({ xattrs }: TarMetadata, keeps: (key: string) => boolean): ReadonlyMap<string, Buffer> =>
  xattrs.size === 0 ? xattrs : new Map([...xattrs].filter(([key]) => keeps(key)));
