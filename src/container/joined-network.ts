/** `--network container:NAME`: the network namespace of another container, as long as that one runs. */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import type { UserNamespace } from '../plan/host-facts.ts';
import type { NetworkRequest } from './request/run-request.ts';

/**
 * The network of a start: a container has become the place of its namespace.
 *
 * @throws TsrunError CONTAINER_NOT_FOUND, CONTAINER_STATE; HOST_UNSUPPORTED for who may not join one
 */
export async function resolveNetwork(
  paths: Paths,
  network: NetworkRequest,
  userns: UserNamespace,
): Promise<NetworkRequest> {
  if (typeof network === 'string' || (network.type !== 'container' && network.type !== 'path')) return network;
  if (userns.type === 'new') {
    throw new TsrunError('HOST_UNSUPPORTED', 'cannot join the network of somebody else', {
      why: 'a container with a user namespace of its own has no right over a network namespace that is not below it',
      hint: 'run as root, without --userns',
    });
  }
  if (network.type === 'path') return network;
  // Loaded here: few containers join another.
  const { findKept, requireRunning } = await import('./kept/kept-container.ts');
  const other = findKept(paths, network.container);
  const { process } = requireRunning(other, 'join the network of');
  return { type: 'path', path: `/proc/${process.pid}/ns/net`, of: other.id };
}
