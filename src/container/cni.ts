/**
 * `--network cni:NAME`: plugins of the host's Container Network Interface connect the container.
 *
 * Order: the file says how it will be connected; the network namespace is made, and the plugins called; at the end they are called again,
 * and then the namespace and the file go. Whoever dies in between leaves what the next command finds by the file.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import { addAttachment, checkAttachment, deleteAttachment } from '../network/cni/attachment.ts';
import { readAttachment, writeAttachment } from '../network/cni/attachment-file.ts';
import { cniPlaces, findConfiguration, findPlugin } from '../network/cni/find-configuration.ts';
import { type CniAttachment, missingCapability } from '../network/cni/invocation.ts';
import { networkNamespaceFile } from '../network/cni/namespace-file.ts';
import { makeNetworkNamespace, removeNetworkNamespace } from '../network/cni/network-namespace.ts';
import { pluginShell } from '../network/cni/plugin-shell.ts';
import { type CniResult, parseResult } from '../network/cni/result.ts';
import type { Endpoint } from '../network/endpoint.ts';
import { writeEndpoints } from '../network/endpoint-file.ts';
import type { NetworkName } from '../network/network-record.ts';
import type { NetworkShell } from '../network/network-shell.ts';
import { claimPort, forgetPort, portHolder } from '../network/port-claim.ts';
import type { PublishRequest } from '../network/publish-request.ts';
import type { UserNamespace } from '../plan/host-facts.ts';
import { attachmentFile, containersDirectory, filesFor } from './container-directory.ts';
import { holderOf } from './network-holder.ts';
import { writeFiles } from './prepare.ts';
import { hostGatewayWord } from './request/host-entry.ts';
import type { CniRequest, ContainerId, RunRequest } from './request/run-request.ts';

type CniRun = RunRequest & { readonly network: CniRequest };

/**
 * Connects it, and writes its names, addresses and name servers into its files. The caller holds the container's lock.
 *
 * @throws TsrunError with nothing of it left
 */
export async function connectByCni(
  paths: Paths,
  id: ContainerId,
  request: CniRun,
  userns: UserNamespace,
): Promise<void> {
  // Of its last run, when nobody has taken that away since.
  await disconnectCni(paths, id);
  const attachment = await attachmentFor(paths, id, request);
  const file = fileOf(paths, id);
  try {
    for (const port of attachment.wishes.ports) {
      const other = claimPort(paths, id, port);
      if (other !== null) throw portTaken(port.hostPort, other);
    }
    // First that it has to be taken off, then where it is: whoever looks for the one finds the other.
    writeAttachment(file, { attachment, result: null });
    writeEndpoints(holderOf(paths, id), [endpointOf(attachment, null)]);
    makeNetworkNamespace(attachment.space);
    const result = await addAttachment(attachment);
    writeAttachment(file, { attachment, result: result.document });
    const endpoint = endpointOf(attachment, result);
    writeEndpoints(holderOf(paths, id), [endpoint]);
    writeFiles(filesFor(paths, id), withResult(request, result), id, userns, [endpoint]);
  } catch (error) {
    throw await takenBack(paths, id, attachment, error);
  }
}

/** What went wrong first is what the person wants to know; what the plugins have kept, they say in the same breath. */
async function takenBack(paths: Paths, id: ContainerId, attachment: CniAttachment, first: unknown): Promise<unknown> {
  let kept = '';
  try {
    const written = readAttachment(fileOf(paths, id));
    if (written !== null) await deleteAttachment(attachment, written.result);
  } catch (error) {
    if (!(error instanceof TsrunError)) throw error;
    kept = `; and when it was to take that back, ${error.why}`;
  }
  forget(paths, id, attachment);
  if (kept === '' || !(first instanceof TsrunError)) return first;
  const { code, message, why, hint } = first;
  return new TsrunError(code, message, { why: `${why}${kept}`, ...(hint === null ? {} : { hint }), cause: first });
}

/** Idempotent. @throws TsrunError NETWORK_PLUGIN; it is as before and can be tried again */
export async function disconnectCni(paths: Paths, id: string): Promise<void> {
  const file = fileOf(paths, id);
  const written = readAttachment(file);
  if (written === null) {
    rmSync(file, { force: true });
    return;
  }
  const { attachment, result } = written;
  try {
    await deleteAttachment(attachment, result);
  } catch (error) {
    if (!(error instanceof TsrunError)) throw error;
    const { code, message, why } = error;
    throw new TsrunError(code, message, {
      why: why ?? '',
      hint: `mend that and try again; or let it go, with what the plugins have kept for it: rm ${file}`,
      cause: error,
    });
  }
  forget(paths, id, attachment);
}

/** When the plugins know it no more. */
function forget(paths: Paths, id: string, { space, wishes }: CniAttachment): void {
  removeNetworkNamespace(space);
  for (const port of wishes.ports) if (portHolder(paths, port) === id) forgetPort(paths, port);
  rmSync(holderOf(paths, id).file, { force: true });
  rmSync(fileOf(paths, id), { force: true });
}

export interface PlannedCni {
  readonly endpoints: readonly Endpoint[];
  /** Around the plan. */
  readonly shell: NetworkShell;
}

/** Takes nothing and calls nobody: which addresses it would get, the plugins alone know. */
export async function planCni(paths: Paths, id: ContainerId, request: CniRun): Promise<PlannedCni> {
  const attachment = await attachmentFor(paths, id, request);
  return { endpoints: [], shell: pluginShell(attachment) };
}

/** How it is connected now. */
export interface CniPath {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly gateway: string | null;
  /** Names of plugins, in the order of ADD. */
  readonly plugins: readonly string[];
  /** Interfaces of the host that they have named. */
  readonly hostInterfaces: readonly string[];
  /** What one of them does not find as it has left it; null: all is well. */
  readonly complaint: string | null;
}

/** Asks the plugins. null: it is not connected. */
export async function cniPath(paths: Paths, id: string): Promise<CniPath | null> {
  const written = readAttachment(fileOf(paths, id));
  if (written === null || written.result === null) return null;
  const { attachment } = written;
  const result = parseResult(JSON.stringify(written.result));
  if (typeof result === 'string') return null;
  return {
    name: attachment.configuration.name,
    endpoint: endpointOf(attachment, result),
    gateway: result.gateway,
    plugins: attachment.configuration.plugins.map(({ type }) => type),
    hostInterfaces: result.hostInterfaces,
    complaint: await checkAttachment(attachment, written.result),
  };
}

/** @throws TsrunError NETWORK_NOT_FOUND, HOST_UNSUPPORTED, PORT_IN_USE; USAGE for what no plugin takes care of */
async function attachmentFor(paths: Paths, id: ContainerId, { network, publish }: CniRun): Promise<CniAttachment> {
  const places = cniPlaces(process.env);
  const configuration = findConfiguration(network.name, places);
  for (const plugin of configuration.plugins) findPlugin(plugin, places.plugins);
  const { ip, ip6, mac, aliases } = network;
  const wishes = {
    ips: [ip, ip6].filter((address) => address !== null),
    mac,
    aliases,
    ports: await chosen(publish),
  };
  const missing = missingCapability(configuration, wishes);
  if (missing !== null) throw cannotDo(network.name, missing);
  return {
    configuration,
    containerId: id,
    space: networkNamespaceFile(paths, id),
    interfaceName: 'eth0',
    wishes,
    directories: places.plugins,
  };
}

async function chosen(publish: readonly PublishRequest[]): Promise<CniAttachment['wishes']['ports']> {
  return publish.length === 0
    ? []
    : await (await import('../network/publish.ts')).choosePorts(publish, 'by-plugin', () => null);
}

const flags: Readonly<Record<string, string>> = {
  ips: '--ip and --ip6',
  mac: '--mac-address',
  aliases: '--network-alias',
  portMappings: '-p',
};

const cannotDo = (name: string, capability: string): TsrunError =>
  new TsrunError('USAGE', `cannot do ${flags[capability] ?? capability} on the CNI network "${name}"`, {
    why: `no plugin of its configuration has the capability "${capability}"`,
    hint: `leave it out, or add a plugin that has it${capability === 'portMappings' ? ': portmap' : ''}`,
  });

const portTaken = (port: number, holder: string): TsrunError =>
  new TsrunError('PORT_IN_USE', `cannot publish port ${port}`, {
    why: `container ${holder.slice(0, 12)} has it`,
    hint: 'choose another port of the host, or leave it out for one that is free: -p 80',
  });

const fileOf = (paths: Paths, id: string): string => join(containersDirectory(paths), id, attachmentFile);

/** Whether plugins have connected it, or were about to. */
export const isAttached = (paths: Paths, id: string): boolean => existsSync(fileOf(paths, id));

/** As `ps`, `port` and `inspect` know it. */
const endpointOf = ({ configuration, interfaceName, wishes }: CniAttachment, result: CniResult | null): Endpoint => ({
  network: `cni:${configuration.name}` as NetworkName,
  addresses: result?.addresses ?? [],
  mac: result?.mac ?? '',
  interfaceName,
  hostName: '',
  aliases: wishes.aliases,
  published: wishes.ports,
});

/** The network's name servers, where nobody has asked for others; and the host as it is seen from there. */
function withResult(request: CniRun, { dns, gateway }: CniResult): RunRequest {
  const asked = request.dns;
  return {
    ...request,
    dns: {
      servers: asked.servers.length > 0 ? asked.servers : dns.servers,
      search: asked.search.length > 0 ? asked.search : dns.search,
      options: asked.options.length > 0 ? asked.options : dns.options,
    },
    extraHosts: request.extraHosts.flatMap((entry) =>
      entry.address !== hostGatewayWord ? [entry] : gateway === null ? [] : [{ ...entry, address: gateway }],
    ),
  };
}
