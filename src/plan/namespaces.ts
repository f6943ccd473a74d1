/** linux.namespaces of the config: what clone3 makes, and what is joined. */
import type { OciConfig } from '../oci/config.ts';
import type { JoinedUserNamespace, UserNamespace } from './host-facts.ts';
import type { Join, NamespaceKind } from './plan.ts';

/** Whether the container has a namespace of this type apart from the launcher's, new or joined. */
export const hasNamespace = (config: OciConfig, type: NamespaceKind): boolean =>
  config.linux?.namespaces?.some((ns) => ns.type === type) ?? false;

/** Whether the config asks for a new namespace of this type. */
export const makesNamespace = (config: OciConfig, type: NamespaceKind): boolean =>
  config.linux?.namespaces?.some((ns) => ns.type === type && pathOf(ns) === null) ?? false;

const pathOf = ({ path }: { readonly path?: string }): string | null =>
  path === undefined || path === '' ? null : path;

/** The namespaces of the clone, without the time namespace, which has a step of its own. */
export function namespacesOf(config: OciConfig, userns: UserNamespace | JoinedUserNamespace): readonly NamespaceKind[] {
  const kinds = new Set<NamespaceKind>();
  for (const ns of config.linux?.namespaces ?? []) if (ns.type !== 'time' && pathOf(ns) === null) kinds.add(ns.type);
  if (userns.type === 'new') kinds.add('user');
  return [...kinds];
}

/** Those that the config names by path. */
export function joinSteps(config: OciConfig): readonly Join[] {
  return (config.linux?.namespaces ?? []).flatMap((ns) => {
    const path = pathOf(ns);
    return path === null ? [] : [{ kind: 'join', namespaces: [ns.type], from: { type: 'path', path } } as const];
  });
}
