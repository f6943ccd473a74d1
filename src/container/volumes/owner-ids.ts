/** The user namespace in which every file of a volume belongs to somebody. */
import { readFileSync } from 'node:fs';
import { userNamespaceFor } from '../../host/id-maps.ts';
import { effectiveCapabilities, probePrivilege } from '../../host/privileges.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';

/** An ordinary user's containers all use the same ids of the host, in whatever order. */
export const volumeOwners = (): UserNamespace =>
  userNamespaceFor('default', probePrivilege(effectiveCapabilities(readFileSync('/proc/self/status', 'utf8'))));
