/** linux.namespaces of the config as what clone3 makes. */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { OciConfig } from '../oci/config.ts';
import type { UserNamespace } from './host-facts.ts';
import type { NamespaceKind } from './plan.ts';

/** Whether the config asks for a new namespace of this type. */
export const hasNamespace = (config: OciConfig, type: NamespaceKind): boolean =>
  config.linux?.namespaces?.some((ns) => ns.type === type) ?? false;

/**
 * The namespaces of the clone, without the time namespace, which has a step of its own.
 * @throws TsrunError when one is to be joined by path.
 */
export function namespacesOf(config: OciConfig, userns: UserNamespace): readonly NamespaceKind[] {
  const kinds: NamespaceKind[] = [];
  for (const ns of config.linux?.namespaces ?? []) {
    if (ns.path !== undefined && ns.path !== '') {
      throw new TsrunError('NOT_YET', `cannot join the ${ns.type} namespace at "${ns.path}"`, {
        why: 'joining existing namespaces is not built yet',
      });
    }
    if (ns.type !== 'time' && !kinds.includes(ns.type)) kinds.push(ns.type);
  }
  if (userns.type === 'new' && !kinds.includes('user')) kinds.push('user');
  return kinds;
}
