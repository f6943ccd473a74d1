/**
 * `--network container:NAME`, and the same of `--pid` and `--ipc`: namespaces of another container, as long as that one runs. And
 * `--network cni:NAME`: a namespace that is there before the container.
 */
import { readFileSync } from 'node:fs';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import { parseIdMap } from '../host/user-namespace.ts';
import { networkNamespaceFile } from '../network/cni/namespace-file.ts';
import type { UserNamespace } from '../plan/host-facts.ts';
import type { AnchorPlace } from '../plan/parent.ts';
import type { IdMap } from '../plan/plan.ts';
import type { KeptContainer } from './kept/kept-container.ts';
import type { CniRequest, ContainerId, IpcJoin, JoinRequest, RunRequest } from './request/run-request.ts';

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
  id: ContainerId,
  request: Request,
  userns: UserNamespace,
): Promise<Request> {
  const { network, pid, ipc } = request;
  return {
    ...request,
    network: isJoin(network)
      ? await resolve(paths, network, 'network', userns)
      : typeof network === 'object' && network.type === 'cni'
        ? withSpace(paths, id, network, userns)
        : network,
    pid: isJoin(pid) ? await resolve(paths, pid, 'pid', userns) : pid,
    ipc: typeof ipc === 'object' ? await resolveIpc(paths, ipc, userns) : ipc,
  };
}

/** Plugins see the host's own namespaces, and the container's from there. */
function withSpace(paths: Paths, id: ContainerId, network: CniRequest, userns: UserNamespace): CniRequest {
  if (process.geteuid?.() === 0 && userns.type === 'host')
    return { ...network, space: networkNamespaceFile(paths, id) };
  throw new TsrunError('HOST_UNSUPPORTED', `cannot connect the container with the CNI network "${network.name}"`, {
    why:
      userns.type === 'host'
        ? 'the plugins change the network of the host, which is root’s to do'
        : 'the plugins’ network namespace is the host’s, and a container with a user namespace of its own has no right over it',
    hint: 'run as root, without --userns; or use --network pasta or none',
  });
}

const isJoin = (asked: Joins['network'] | Joins['pid']): asked is JoinRequest =>
  typeof asked === 'object' && (asked.type === 'container' || asked.type === 'path');

async function resolve(
  paths: Paths,
  join: JoinRequest,
  kind: 'network' | 'pid',
  userns: UserNamespace,
): Promise<JoinRequest> {
  const isOwn = kind === 'network' && join.type === 'container' && process.geteuid?.() !== 0;
  if (!isOwn) requireSameUsers(kind, userns);
  if (join.type === 'path') return join;
  const { other, pid } = await running(paths, join.container, kind);
  const path = `/proc/${pid}/ns/${kinds[kind].link}`;
  return { type: 'path', path, of: other.id, below: isOwn ? await ownerOf(paths, other, pid) : null };
}

/**
 * An ordinary user's containers have a user namespace each, which owns the network namespace. Only from in there may that be joined, and
 * a user namespace of one's own can be made below.
 */
async function ownerOf(paths: Paths, { name, kept }: KeptContainer, pid: number): Promise<AnchorPlace> {
  const { network } = kept.request;
  if (network === 'host') {
    throw new TsrunError('HOST_UNSUPPORTED', `cannot join the network of container "${name}"`, {
      why: 'it has that of the host, which belongs to root',
      hint: 'use --network host, which is the same',
    });
  }
  if (network !== 'none' && network.type === 'container') {
    const { other, pid: owner } = await running(paths, network.container, 'network');
    return ownerOf(paths, other, owner);
  }
  const map = (file: string): readonly IdMap[] => parseIdMap(readFileSync(`/proc/${pid}/${file}`, 'latin1'));
  return {
    users: `/proc/${pid}/ns/user`,
    network: `/proc/${pid}/ns/net`,
    uids: map('uid_map'),
    gids: map('gid_map'),
  };
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
  const [{ findKept }, { requireRunning }] = await Promise.all([
    import('./kept/find-kept.ts'),
    import('./kept/kept-container.ts'),
  ]);
  const other = findKept(paths, name);
  const { process } = requireRunning(other, `join the ${kinds[kind].words} of`);
  return { other, pid: process.pid };
}
