/** From an image argument and a request to a plan and the directory it runs in. */

import { chmodSync, chownSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { placeForRun } from '../cgroup/placement.ts';
import { cgroupSteps } from '../cgroup/steps.ts';
import { errnoName } from '../errors/errno.ts';
import { errnoText } from '../errors/errno-text.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import { probeHost } from '../host/facts.ts';
import { keptIds, userNamespaceFor } from '../host/id-maps.ts';
import { makeDirectory } from '../host/make-directory.ts';
import { mountPropagation } from '../host/mount-propagation.ts';
import { pageSize } from '../host/page-size.ts';
import type { Paths } from '../host/paths.ts';
import type { ReadyImage } from '../image/image.ts';
import { openImage } from '../image/open-image.ts';
import type { OnImageProgress } from '../image/progress.ts';
import type { Endpoint } from '../network/endpoint.ts';
import type { OciConfig } from '../oci/config.ts';
import { buildPlan } from '../plan/build-plan.ts';
import type { HostFacts, UserNamespace } from '../plan/host-facts.ts';
import { withAnchor } from '../plan/parent.ts';
import type { Plan, Propagation } from '../plan/plan.ts';
import type { PlaceNames } from '../plan/render/shell-words.ts';
import type { Rootfs } from '../plan/rootfs.ts';
import { buildConfig } from './config/build-config.ts';
import { compileSeccomp } from './config/compile-seccomp.ts';
import { hostnameOf } from './config/environment.ts';
import { readMachine } from './config/machine.ts';
import { hostnameText, hostsText, resolvConfText } from './config/network-files.ts';
import { defaultedLimits, limitsAsked } from './config/resources.ts';
import type { ContainerFiles } from './container-directory.ts';
import { imageLimits } from './image-limits.ts';
import { hostGatewayWord } from './request/host-entry.ts';
import type { ContainerId, RunRequest } from './request/run-request.ts';

export interface HostContext {
  readonly host: HostFacts;
  readonly userns: UserNamespace;
}

/** Probes the host and decides on the user namespace, which the image's files have to fit. */
export function hostContext(request: RunRequest): HostContext {
  const host = probeHost();
  return { host, userns: userNamespaceFor(request.userns, host.privilege) };
}

/** The same for a container that will run: when a limit is asked for, its control group has to be able to hold it. */
export async function hostContextForRun(request: RunRequest): Promise<HostContext> {
  const context = hostContext(request);
  if (!limitsAsked(request)) return context;
  // Loaded here: few runs need it.
  const { prepareCgroupHost } = await import('../cgroup/prepare-host.ts');
  const { host } = context;
  return { ...context, host: { ...host, cgroup: prepareCgroupHost(host.cgroup, host.privilege.type) } };
}

/** What reading an image needs from the caller of a verb. */
export interface ImageSource {
  readonly paths: Paths;
  /** What the image argument `-` reads. */
  readonly stdin: Readable;
  readonly onProgress: OnImageProgress;
  readonly signal: AbortSignal;
}

/** Opens the image of a request; its files fit the container's user namespace. */
export function openRequestedImage(
  argument: string,
  request: RunRequest,
  userns: UserNamespace,
  context: ImageSource,
): Promise<ReadyImage> {
  return openImage(argument, {
    paths: context.paths,
    mapping: userns,
    platform: request.platform,
    pull: request.pull,
    limits: imageLimits,
    // A getter: making the stream of standard input loads milliseconds of Node, and only the argument - reads it.
    get stdin() {
      return context.stdin;
    },
    onProgress: context.onProgress,
    signal: context.signal,
  });
}

export interface Prepared {
  readonly config: OciConfig;
  readonly plan: Plan;
  /** The host's paths that differ from container to container. */
  readonly places: PlaceNames;
  /** Control group of the container, or null. */
  readonly cgroup: string | null;
  /** What the person should know: limits that are not in force. */
  readonly notes: readonly string[];
}

/** Whether a container lives as long as the command that starts it, or on its own. */
export type ContainerLife = 'command' | 'own';

/** Builds config and plan. Writes nothing but the seccomp cache. */
export function preparePlan(from: {
  readonly request: RunRequest;
  readonly image: ReadyImage;
  readonly id: ContainerId;
  readonly paths: Paths;
  readonly files: ContainerFiles;
  readonly context: HostContext;
  readonly life: ContainerLife;
}): Prepared {
  const { request, image, id, paths, files, context, life } = from;
  const { host, userns } = context;
  const config = buildConfig({
    request,
    image: image.config,
    id,
    host,
    machine: readMachine(request),
    userns,
    files,
  });
  const cgroup = cgroupSteps({
    resources: config.linux?.resources ?? {},
    host: host.cgroup,
    placement: placeForRun(host.cgroup, {
      id,
      parent: request.cgroupParent,
      // A group of systemd's ends with all in it when a session or a service does: what lives on needs another.
      wanted: life === 'own' || limitsAsked(request),
    }),
    demand: request.limits.demand,
    defaulted: defaultedLimits(request),
    deviceRules: host.privilege.type === 'root' ? 'enforce' : 'impossible',
    pageSize: pageSize(),
  });
  const seccomp = config.linux?.seccomp;
  const plan = buildPlan({
    config,
    rootfs: rootfsOf(request, image, files, userns),
    // In a user namespace the kernel opens no device node of the image's anyway.
    nodev: userns.type === 'host' && cgroup.path === null && !request.privileged,
    rootChange: request.without.includes('pivot-root') ? 'chroot' : 'pivot-root',
    host,
    userns,
    cgroup,
    seccomp: seccomp === undefined ? null : compileSeccomp(seccomp, join(paths.store, 'cache', 'seccomp')),
    user: { type: 'lookup', user: userOf(request, image, host), groupAdd: request.groupAdd },
    pid1: request.init ? 'reaper' : 'command',
    demand: request.limits.demand,
    start: { type: 'at-once' },
    console: { to: 'launcher' },
    keyring: 'new',
    preserved: [],
    hookState: { creating: '', created: '' },
  });
  const places = { directory: dirname(files.rootfs), root: files.rootfs, cgroup: cgroup.path };
  const { network } = request;
  const below = typeof network === 'object' && network.type === 'path' ? network.below : null;
  return {
    config,
    plan: below === null ? plan : withAnchor(plan, below),
    places,
    cgroup: cgroup.path,
    notes: cgroup.notes,
  };
}

/** With keep-id who says nothing else is oneself, as with podman. */
function userOf(request: RunRequest, image: ReadyImage, host: HostFacts): string {
  const named = request.user ?? image.config.user;
  if (named !== '' || typeof request.userns === 'string' || host.privilege.type === 'root') return named;
  const { uid, gid } = keptIds(request.userns, host.privilege);
  return `${uid}:${gid}`;
}

/** A directory given as an image stays as it is: it becomes the one layer below the container's own. */
function rootfsOf(request: RunRequest, image: ReadyImage, files: ContainerFiles, userns: UserNamespace): Rootfs {
  const layers = image.type === 'layers' ? image.layers : [image.path];
  if (request.without.includes('overlay')) return bareRootfs(layers, files);
  return {
    type: 'overlay',
    layers,
    upper: files.upper,
    work: files.work,
    target: files.rootfs,
    userxattr: userns.type === 'new',
    volatile: request.remove,
  };
}

/**
 * What is left without overlay: one directory, which all containers of the image share, and so nobody may write to it.
 * Putting several layers together is the other thing overlay is for.
 */
function bareRootfs(layers: readonly string[], files: ContainerFiles): Rootfs {
  const [source, ...more] = layers;
  if (source === undefined || more.length > 0) {
    throw new TsrunError('USAGE', 'cannot leave overlay out', {
      why: `the image has ${layers.length} layers, and overlay is what puts them together`,
      hint: 'use an image of one layer, or a root filesystem: a directory, or a tar of one',
    });
  }
  return { type: 'bind', source, target: files.rootfs, readonly: true };
}

/**
 * The generated files of /etc: where they lie on the host, and their text.
 *
 * @param resolver of its networks' names; null: none answers
 */
export function etcFiles(
  files: ContainerFiles,
  request: RunRequest,
  id: ContainerId,
  endpoints: readonly Endpoint[],
  resolver: string | null,
): readonly { readonly path: string; readonly text: string }[] {
  const { dns } = request;
  // Who has no network after all has no gateway either.
  const extraHosts = request.extraHosts.filter(({ address }) => address !== hostGatewayWord);
  const of = typeof request.network === 'object' && request.network.type === 'path' ? request.network.of : null;
  // Of the container whose network it has: the names are those of its addresses.
  const other = of === null ? null : join(dirname(dirname(files.hosts)), of);
  const network = request.network === 'host' ? 'host' : 'own';
  const addresses = endpoints.flatMap((endpoint) => endpoint.addresses);
  const hostname = hostnameOf(request, id, readHost('/etc/hostname').trim());
  return [
    {
      path: files.hosts,
      text:
        other === null
          ? hostsText({ network, hostFile: readHost('/etc/hosts'), hostname, addresses, extraHosts })
          : readHost(join(other, basename(files.hosts))),
    },
    { path: files.hostname, text: hostnameText(hostname) },
    {
      path: files.resolvConf,
      text:
        other === null
          ? resolvConfText({
              network,
              hostFile: network === 'host' ? readHost('/etc/resolv.conf') : hostResolvConf(),
              dns,
              resolver,
            })
          : readHost(join(other, basename(files.resolvConf))),
    },
  ];
}

/** Writes the files of /etc, and gives them and the writable layer to root of the container. */
export function writeFiles(
  files: ContainerFiles,
  request: RunRequest,
  id: ContainerId,
  userns: UserNamespace,
  endpoints: readonly Endpoint[] = [],
): void {
  const contents = etcFiles(files, request, id, endpoints, null);
  for (const { path, text } of contents) {
    writeFileSync(path, text);
    // Every user of the container reads them, whatever the caller's umask.
    chmodSync(path, 0o644);
  }
  if (userns.type === 'host' || userns.writer !== 'direct') return;
  const uid = userns.uids.find((map) => map.container === 0)?.host ?? 0;
  const gid = userns.gids.find((map) => map.container === 0)?.host ?? 0;
  for (const path of [files.upper, files.work, ...contents.map(({ path }) => path)]) chownSync(path, uid, gid);
}

/** systemd-resolved's own server listens on the host's loopback alone: resolved.conf(5) says where those are that it asks. */
export function hostResolvConf(): string {
  const text = readHost('/etc/resolv.conf');
  const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, server]) => server);
  const isStub = servers.length > 0 && servers.every((server) => server === '127.0.0.53');
  return (isStub && readHost('/run/systemd/resolve/resolv.conf')) || text;
}

export function readHost(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * `-v` makes a missing source directory, as docker does; `--mount` refuses.
 *
 * @param make false: only refuse
 */
export function ensureBindSources(request: RunRequest, make: boolean): void {
  for (const mount of request.mounts) {
    if (mount.type !== 'bind') continue;
    if (standsOnHost(mount.source)) {
      checkPropagation(mount.source, mount.propagation);
      continue;
    }
    if (mount.missingSource === 'refuse') {
      throw new TsrunError('USAGE', `cannot bind "${mount.source}"`, {
        why: 'it does not exist on the host',
        hint: 'make it, or use -v, which makes a directory',
      });
    }
    if (make) {
      try {
        makeDirectory(mount.source);
      } catch (error) {
        throw sourceError(mount.source, error, 'it does not exist, and making a directory there failed');
      }
    }
  }
}

/** As docker does: on a mount that passes nothing on, the word would have no effect. */
function checkPropagation(source: string, wanted: Propagation): void {
  if (wanted !== 'shared' && wanted !== 'slave') return;
  const { mountPoint, type } = mountPropagation(realpathSync(source), readHost('/proc/self/mountinfo'));
  if (type === 'shared' || type === wanted) return;
  throw new TsrunError('HOST_UNSUPPORTED', `cannot bind "${source}" as ${wanted}`, {
    why: `it lies on the mount "${mountPoint}", which is ${type}: ${type === 'slave' ? 'what is mounted there stays there' : 'nothing goes from there or to there'}`,
    hint: `leave ${wanted} out, or first on the host: mount --make-shared ${mountPoint}`,
  });
}

/** A source that may not be looked at is no missing one: making a directory there would hide the reason. */
function standsOnHost(source: string): boolean {
  try {
    return statSync(source, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw sourceError(source, error, 'looking at it on the host failed');
  }
}

function sourceError(source: string, error: unknown, what: string): TsrunError {
  const { errno } = error as NodeJS.ErrnoException;
  const reason = errno === undefined ? '' : `: ${errnoName(-errno)} (${errnoText(-errno)})`;
  return new TsrunError('USAGE', `cannot bind "${source}"`, {
    why: `${what}${reason}`,
    hint: 'the source of a volume must lie below directories that you may enter',
    cause: error,
  });
}
