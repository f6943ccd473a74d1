/** `--network container:NAME`, and the same of `--pid` and `--ipc`: namespaces of another container, as long as that one runs. */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import type { UserNamespace } from '../plan/host-facts.ts';
import type { IpcJoin, JoinRequest, RunRequest } from './request/run-request.ts';

type Joins = Pick<RunRequest, 'network' | 'pid' | 'ipc'>;

/** What is joined, as a file of /proc/PID/ns and in words. */
const kinds = {
  network: { link: 'net', words: 'network' },
  pid: { link: 'pid', words: 'processes' },
  ipc: { link: 'ipc', words: 'shared memory' },
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
  const { network, pid, ipc } = request;
  return {
    ...request,
    network: isJoin(network) ? await resolve(paths, network, 'network', userns) : network,
    pid: isJoin(pid) ? await resolve(paths, pid, 'pid', userns) : pid,
    ipc: typeof ipc === 'object' ? await resolveIpc(paths, ipc, userns) : ipc,
  };
}

const isJoin = (asked: Joins['network'] | Joins['pid']): asked is JoinRequest =>
  typeof asked === 'object' && (asked.type === 'container' || asked.type === 'path');

async function resolve(
  paths: Paths,
  join: JoinRequest,
  kind: 'network' | 'pid',
  userns: UserNamespace,
): Promise<JoinRequest> {
  requireSameUsers(kind, userns);
  if (join.type === 'path') return join;
  const { other, pid } = await running(paths, join.container, kind);
  return { type: 'path', path: `/proc/${pid}/ns/${kinds[kind].link}`, of: other.id };
}

async function resolveIpc(paths: Paths, join: IpcJoin, userns: UserNamespace): Promise<IpcJoin> {
  requireSameUsers('ipc', userns);
  if (join.type === 'process') return join;
  const { other, pid } = await running(paths, join.container, 'ipc');
  const { ipc } = other.kept.request;
  if (ipc !== 'shareable' && typeof ipc !== 'object') {
    throw new TsrunError('CONTAINER_STATE', `cannot join the shared memory of container "${other.name}"`, {
      why: `it was made with --ipc ${ipc}: what it has there is for itself`,
      hint: 'make that one with --ipc shareable',
    });
  }
  return { type: 'process', pid };
}

function requireSameUsers(kind: keyof typeof kinds, userns: UserNamespace): void {
  if (userns.type !== 'new') return;
  throw new TsrunError('HOST_UNSUPPORTED', `cannot join the ${kinds[kind].words} of somebody else`, {
    why: `a container with a user namespace of its own has no right over ${kind === 'ipc' ? 'an' : 'a'} ${kind} namespace that is not below it`,
    hint: 'run as root, without --userns',
  });
}

async function running(paths: Paths, name: string, kind: keyof typeof kinds) {
  // Loaded here: few containers join another.
  const { findKept, requireRunning } = await import('./kept/kept-container.ts');
  const other = findKept(paths, name);
  const { process } = requireRunning(other, `join the ${kinds[kind].words} of`);
  return { other, pid: process.pid };
}
