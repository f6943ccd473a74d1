/** The name of a control group that the config gives none. */
import { inUserNamespace } from '../../host/user-namespace.ts';
import { sha256Hex } from '../../native/sha256.ts';
import type { OciId } from '../state/container-id.ts';
import { ociRoot } from '../state/roots.ts';

/**
 * The id; behind it, where `--root` is not the usual one, what tells that directory from others: an id is taken once in each of
 * them, and two containers in one group would be limited and killed together.
 */
export function groupName(root: string, id: OciId): string {
  const { XDG_RUNTIME_DIR = '' } = process.env;
  const usual = ociRoot({ asked: null, uid: process.geteuid?.() ?? 0, env: { XDG_RUNTIME_DIR }, inUserNamespace });
  return root === usual ? id : `${id}-${sha256Hex(root).slice(0, 12)}`;
}
