/** Options that are right one by one and wrong together. */
import { sysctlNamespace } from '../../oci/sysctls.ts';
import { conflict } from './bad-value.ts';
import type { RunOptions } from './run-options.ts';
import { hasOwnNetwork, type RunRequest } from './run-request.ts';

/** @throws TsrunError USAGE */
export function checkCombinations(request: RunRequest, spell: (option: keyof RunOptions) => string): void {
  checkMountTargets(request, spell);
  if (request.remove && request.restart.name !== 'no') {
    throw conflict(
      `${spell('restart')} and ${spell('rm')} contradict each other`,
      'a container that is removed when it ends cannot be started again',
      'leave one of them out',
    );
  }
  const shared = {
    uts: request.uts === 'host' || request.without.includes('uts'),
    ipc: request.ipc === 'host' || request.without.includes('ipc'),
    network: !hasOwnNetwork(request.network) || request.without.includes('network'),
  };
  for (const key of ['hostname', 'domainname'] as const) {
    if (request[key] === null || !shared.uts) continue;
    throw conflict(
      `${spell(key)} cannot be set in the host's UTS namespace`,
      'the host would be renamed',
      `leave out ${spell(key)}, or let the container have its own UTS namespace`,
    );
  }
  for (const name of Object.keys(request.sysctls)) {
    const namespace = sysctlNamespace(name);
    if (namespace === null || !shared[namespace]) continue;
    throw conflict(
      `cannot set ${spell('sysctls')} "${name}" in the host's ${namespace} namespace`,
      'it would change the host',
      `let the container have its own ${namespace} namespace`,
    );
  }
}

function checkMountTargets(request: RunRequest, spell: (option: keyof RunOptions) => string): void {
  const seen = new Set<string>();
  for (const { target } of request.mounts) {
    if (seen.has(target)) {
      throw conflict(
        `two mounts have the same target "${target}"`,
        `${spell('volumes')}, ${spell('mounts')} and ${spell('tmpfs')} each put something on a path of its own`,
        'leave one of them out',
      );
    }
    seen.add(target);
  }
}
