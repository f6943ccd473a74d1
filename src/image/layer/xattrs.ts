/** Which extended attributes of an image reach the disk. */
import type { UserNamespace } from '../../plan/host-facts.ts';

/**
 * True for attributes that belong to the image.
 *
 * `security.*` other than file capabilities belongs to the host's policy (labels, integrity measurements). What overlayfs
 * keeps for itself (opaque marks, redirects, metacopy) would let a layer borrow files of other layers.
 */
export function isImageXattr(name: string, mapping: UserNamespace): boolean {
  if (name === 'security.capability') return true;
  if (name.startsWith('user.')) return !name.startsWith('user.overlay.');
  if (name.startsWith('trusted.')) return mapping.type === 'host' && !name.startsWith('trusted.overlay.');
  return name === 'system.posix_acl_access' || name === 'system.posix_acl_default';
}
