/** `tsrun doctor`: every check, in the order in which a person would mend things. */
import { probeHost } from '../facts.ts';
import type { Paths } from '../paths.ts';
import type { Check } from './check.ts';
import { checkControlGroups } from './control-groups.ts';
import { checkNative, checkNode } from './installation.ts';
import { checkKernel, checkNamespaces, checkResourceCapability, checkSeccomp } from './kernel.ts';
import { checkKeyrings } from './keyrings.ts';
import type { Machine } from './machine.ts';
import { checkBridges, checkPasta, checkTun } from './networks.ts';
import { checkOverlay } from './overlay.ts';
import { checkStore } from './store.ts';
import { checkSubordinateIds, checkUserNamespaces } from './user-namespaces.ts';

/** Starts small programs; nothing stays. */
export function examine(machine: Machine, paths: Paths): readonly Check[] {
  const facts = probeHost();
  return [
    checkNode(machine),
    checkNative(),
    checkKernel(machine),
    checkNamespaces(machine),
    checkSeccomp(machine),
    checkUserNamespaces(machine),
    checkSubordinateIds(machine, facts.privilege),
    checkOverlay(machine),
    checkControlGroups(facts.cgroup),
    checkResourceCapability(machine),
    checkKeyrings(machine),
    ...checkBridges(machine),
    checkTun(machine),
    checkPasta(machine),
    ...checkStore(machine, paths),
  ];
}
