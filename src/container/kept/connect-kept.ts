/** `network connect` and `network disconnect`: at once for a container that runs, and from then on for every start. */
import { closeSync, openSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import type { EndpointRequest } from '../../network/endpoint.ts';
import type { NetworkName } from '../../network/network-record.ts';
import type { OtherSpace } from '../../network/plug.ts';
import { keptFile } from '../container-directory.ts';
import type { NetworksRequest } from '../request/run-request.ts';
import { writeTogether } from '../state/oci-directory.ts';
import { changeKept, isSameRun } from './change-kept.ts';
import { type KeptContainer, readKept } from './kept-container.ts';
import { encodeKept } from './kept-record.ts';

/** One network more or less of a container. */
export type NetworkChange =
  | { readonly type: 'connect'; readonly endpoint: EndpointRequest }
  | { readonly type: 'disconnect'; readonly network: NetworkName };

/**
 * @param notice what the person should know
 * @throws TsrunError CONTAINER_STATE when it is there already, or not, or has no networks; what connecting throws
 */
export async function changeNetworks(
  paths: Paths,
  found: KeptContainer,
  change: NetworkChange,
  notice: (line: string) => void,
): Promise<void> {
  // Written down for a run that has ended since: the next look finds its own change.
  let isWritten = false;
  const write = (container: KeptContainer): void => {
    if (!isWritten) writeNetworks(container, networksAfter(container, change));
    isWritten = true;
  };
  await changeKept(paths, found, {
    stopped: write,
    running: async (container) => {
      // Before anything is made: what is wrong with it is wrong at once.
      if (!isWritten) networksAfter(container, change);
      const space = openInside(container.state.running.process.pid);
      if (space === null) {
        // Its PID 1 has ended, which its monitor has not written down yet: what counts is the next start.
        write(container);
        return;
      }
      try {
        // By now the number may be another process's.
        if (!isSameRun(container, readKept(paths, container.id))) return;
        // What was written down is what this run was started with.
        if (isWritten && change.type === 'connect' && isOn(container, change.endpoint.network)) return;
        const { connectRunning, disconnectRunning } = await import('../networks.ts');
        if (change.type === 'connect') await connectRunning(paths, container.id, change.endpoint, space, notice);
        else await disconnectRunning(paths, container.id, change.network, space);
      } finally {
        closeInside(space);
      }
      write(container);
    },
  });
}

const isOn = ({ endpoints }: KeptContainer, name: NetworkName): boolean =>
  endpoints.some(({ network }) => network === name);

/** Its network namespace. null: the process has gone. */
function openInside(pid: number): OtherSpace | null {
  const files: number[] = [];
  try {
    // Of root's containers that share root's user namespace it is the caller's.
    const ownsIt = process.geteuid?.() === 0;
    for (const name of ownsIt ? ['net'] : ['net', 'user']) files.push(openSync(`/proc/${pid}/ns/${name}`, 'r'));
    const [network = -1, users = -1] = files;
    return { type: 'other', network, users };
  } catch {
    for (const fd of files) closeSync(fd);
    return null;
  }
}

function closeInside({ network, users }: OtherSpace): void {
  closeSync(network);
  if (users >= 0) closeSync(users);
}

function writeNetworks({ path, kept }: KeptContainer, network: NetworksRequest): void {
  const text = encodeKept({ ...kept, request: { ...kept.request, network } });
  writeTogether([{ path: `${path}/${keptFile}`, text }], 0o600);
}

/** @throws TsrunError CONTAINER_STATE */
function networksAfter({ name, kept }: KeptContainer, change: NetworkChange): NetworksRequest {
  const { network } = kept.request;
  const refused = (why: string, hint: string): TsrunError => {
    const [verb, preposition, other] =
      change.type === 'connect' ? ['connect', 'with', change.endpoint.network] : ['disconnect', 'from', change.network];
    return new TsrunError('CONTAINER_STATE', `cannot ${verb} container "${name}" ${preposition} network "${other}"`, {
      why,
      hint,
    });
  };
  if (typeof network === 'string' || network.type !== 'networks') {
    const word = typeof network === 'string' ? network : network.type;
    throw refused(
      `it was made with --network ${word}, which goes with no other`,
      'make it again with --network bridge, or the name of one',
    );
  }
  const { endpoints } = network;
  if (change.type === 'disconnect') {
    const rest = endpoints.filter((endpoint) => endpoint.network !== change.network);
    if (rest.length === endpoints.length)
      throw refused('it is not connected with it', `tsrun inspect ${name} shows its networks`);
    return { ...network, endpoints: rest };
  }
  if (endpoints.some((endpoint) => endpoint.network === change.endpoint.network))
    throw refused('it is connected with it already', `tsrun inspect ${name} shows its networks`);
  return { ...network, endpoints: [...endpoints, change.endpoint], demand: 'required' };
}
