/** Steps about the new namespaces' own kernel state: procfs, loopback, names, sysctls, console, masks. */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { OciConfig } from '../oci/config.ts';
import { sysctlPath } from '../oci/sysctls.ts';
import type { JoinedUserNamespace, UserNamespace } from './host-facts.ts';
import { hasNamespace, makesNamespace } from './namespaces.ts';
import type { Step } from './plan.ts';

export const kernelSteps = {
  /** Only sysctls and labels need it. */
  procHandle(config: OciConfig, userns: UserNamespace | JoinedUserNamespace): readonly Step[] {
    const { apparmorProfile = '', selinuxLabel = '' } = config.process ?? {};
    const labels = apparmorProfile !== '' || selinuxLabel !== '';
    if (!labels && Object.keys(config.linux?.sysctl ?? {}).length === 0) return [];
    // A procfs may be mounted by whoever owns the pid namespace that it shows.
    const owned = userns.type === 'new' ? makesNamespace(config, 'pid') : hasNamespace(config, 'pid');
    return [{ kind: 'proc-handle', instance: userns.type === 'host' || owned ? 'new' : 'host' }];
  },

  network(config: OciConfig): readonly Step[] {
    return makesNamespace(config, 'network') ? [{ kind: 'loopback' }] : [];
  },

  names(config: OciConfig): readonly Step[] {
    const steps: Step[] = [];
    if (!hasNamespace(config, 'uts')) return steps;
    if (config.hostname !== undefined) steps.push({ kind: 'hostname', hostname: config.hostname });
    if (config.domainname !== undefined) steps.push({ kind: 'domainname', domainname: config.domainname });
    return steps;
  },

  sysctls(config: OciConfig): readonly Step[] {
    return Object.entries(config.linux?.sysctl ?? {}).map(([name, value]) => {
      const path = sysctlPath(name);
      if (path === null) {
        throw new TsrunError('USAGE', `cannot set the kernel parameter "${name}"`, {
          why: 'it is not a name of sysctl(8)',
        });
      }
      return { kind: 'sysctl', name, path, value };
    });
  },
} as const;

/** After pivot_root: what of the root and of /proc and /sys is hidden or read-only. */
export function maskSteps(config: OciConfig): readonly Step[] {
  return [
    ...(config.root?.readonly === true ? [{ kind: 'root-readonly' } as const] : []),
    ...(config.linux?.maskedPaths ?? []).map((path) => ({ kind: 'mask-path', path }) as const),
    ...(config.linux?.readonlyPaths ?? []).map((path) => ({ kind: 'readonly-path', path }) as const),
  ];
}
