/** `--network container:NAME` and `--pid container:NAME`: namespaces of another container, as long as that one runs. */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import type { UserNamespace } from '../plan/host-facts.ts';
import type { JoinRequest, RunRequest } from './request/run-request.ts';

type Joins = Pick<RunRequest, 'network' | 'pid'>;

/** What is joined, as a file of /proc/PID/ns and in words. */
const kinds = {
  network: { link: 'net', words: 'network' },
  pid: { link: 'pid', words: 'processes' },
} as const;

/**
 * The request of a start: containers have become the places of their namespaces.
 *
 * @throws TsrunError CONTAINER_NOT_FOUND, CONTAINER_STATE; HOST_UNSUPPORTED for who may not join one
 */
export async function resolveJoins<Request extends Joins>(
  paths: Paths,
  request: Request,
  userns: UserNamespace,
): Promise<Request> {
  const { network, pid } = request;
  return {
    ...request,
    network: isJoin(network) ? await resolve(paths, network, 'network', userns) : network,
    pid: isJoin(pid) ? await resolve(paths, pid, 'pid', userns) : pid,
  };
}

const isJoin = (asked: Joins['network'] | Joins['pid']): asked is JoinRequest =>
  typeof asked === 'object' && (asked.type === 'container' || asked.type === 'path');

async function resolve(
  paths: Paths,
  join: JoinRequest,
  kind: keyof typeof kinds,
  userns: UserNamespace,
): Promise<JoinRequest> {
  const { link, words } = kinds[kind];
  if (userns.type === 'new') {
    throw new TsrunError('HOST_UNSUPPORTED', `cannot join the ${words} of somebody else`, {
      why: `a container with a user namespace of its own has no right over a ${kind} namespace that is not below it`,
      hint: 'run as root, without --userns',
    });
  }
  if (join.type === 'path') return join;
  // Loaded here: few containers join another.
  const { findKept, requireRunning } = await import('./kept/kept-container.ts');
  const other = findKept(paths, join.container);
  const { process } = requireRunning(other, `join the ${words} of`);
  return { type: 'path', path: `/proc/${process.pid}/ns/${link}`, of: other.id };
}
