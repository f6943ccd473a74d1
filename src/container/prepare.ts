/** From an image argument and a request to a plan and the directory it runs in. */
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupSteps } from '../cgroup/steps.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import { userNamespaceFor } from '../host/id-maps.ts';
import { probeHost } from '../host/facts.ts';
import { pageSize } from '../host/page-size.ts';
import type { Paths } from '../host/paths.ts';
import type { ReadyImage } from '../image/image.ts';
import type { OciConfig } from '../oci/config.ts';
import { buildPlan } from '../plan/build-plan.ts';
import type { HostFacts, UserNamespace } from '../plan/host-facts.ts';
import type { Plan } from '../plan/plan.ts';
import type { Rootfs } from '../plan/rootfs.ts';
import { buildConfig } from './config/build-config.ts';
import { compileSeccomp } from './config/compile-seccomp.ts';
import { hostnameOf } from './config/environment.ts';
import { readMachine } from './config/machine.ts';
import { hostnameText, hostsText, resolvConfText } from './config/network-files.ts';
import { defaultedLimits } from './config/resources.ts';
import { containersDirectory } from './container-directory.ts';
import type { ContainerId, RunRequest } from './request/run-request.ts';

/** Where a container's files will be; the directory need not exist yet. */
export interface ContainerFiles {
  readonly rootfs: string;
  readonly upper: string;
  readonly work: string;
  readonly hosts: string;
  readonly hostname: string;
  readonly resolvConf: string;
}

export interface HostContext {
  readonly host: HostFacts;
  readonly userns: UserNamespace;
}

/** Probes the host and decides on the user namespace, which the image's files have to fit. */
export function hostContext(request: RunRequest): HostContext {
  const host = probeHost();
  return { host, userns: userNamespaceFor(request.userns, host.privilege) };
}

export interface Prepared {
  readonly config: OciConfig;
  readonly plan: Plan;
  /** Control group of the container, or null. */
  readonly cgroup: string | null;
  /** What the person should know: limits that are not in force. */
  readonly notes: readonly string[];
}

/** Builds config and plan. Writes nothing but the seccomp cache. */
export function preparePlan(from: {
  readonly request: RunRequest;
  readonly image: ReadyImage;
  readonly id: ContainerId;
  readonly paths: Paths;
  readonly files: ContainerFiles;
  readonly context: HostContext;
}): Prepared {
  const { request, image, id, paths, files, context } = from;
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
    cgroupsPath: config.linux?.cgroupsPath ?? id,
    host: host.cgroup,
    demand: request.limits.demand,
    defaulted: defaultedLimits(request),
    deviceRules: host.privilege.type === 'root' ? 'enforce' : 'impossible',
    pageSize: pageSize(),
  });
  const seccomp = config.linux?.seccomp;
  const plan = buildPlan({
    config,
    rootfs: rootfsOf(image, files, userns),
    host,
    userns,
    cgroup,
    seccomp: seccomp === undefined ? null : compileSeccomp(seccomp, join(paths.store, 'cache', 'seccomp')),
    user: { type: 'lookup', user: request.user ?? image.config.user, groupAdd: request.groupAdd },
    pid1: request.init ? 'reaper' : 'command',
    demand: request.limits.demand,
    preserveFds: 0,
  });
  return { config, plan, cgroup: cgroup.path, notes: cgroup.notes };
}

/** A directory given as an image stays as it is: it becomes the one layer below the container's own. */
function rootfsOf(image: ReadyImage, files: ContainerFiles, userns: UserNamespace): Rootfs {
  return {
    type: 'overlay',
    layers: image.type === 'layers' ? image.layers : [image.path],
    upper: files.upper,
    work: files.work,
    target: files.rootfs,
    userxattr: userns.type === 'new',
  };
}

/** The places a container of this id would have. */
export function filesFor(paths: Paths, id: ContainerId): ContainerFiles {
  const path = join(containersDirectory(paths), id);
  return {
    rootfs: join(path, 'rootfs'),
    upper: join(path, 'upper'),
    work: join(path, 'work'),
    hosts: join(path, 'hosts'),
    hostname: join(path, 'hostname'),
    resolvConf: join(path, 'resolv.conf'),
  };
}

/** Writes the files of /etc, and gives them and the writable layer to root of the container. */
export function writeFiles(files: ContainerFiles, request: RunRequest, id: ContainerId, userns: UserNamespace): void {
  const { network, extraHosts, dns } = request;
  const hostname = hostnameOf(request, id, readHost('/etc/hostname').trim());
  const contents: readonly (readonly [string, string])[] = [
    [files.hosts, hostsText({ network, hostFile: readHost('/etc/hosts'), hostname, extraHosts })],
    [files.hostname, hostnameText(hostname)],
    [files.resolvConf, resolvConfText({ network, hostFile: readHost('/etc/resolv.conf'), dns })],
  ];
  for (const [path, text] of contents) writeFileSync(path, text, { mode: 0o644 });
  if (userns.type === 'host' || userns.writer !== 'direct') return;
  const uid = userns.uids.find((map) => map.container === 0)?.host ?? 0;
  const gid = userns.gids.find((map) => map.container === 0)?.host ?? 0;
  for (const path of [files.upper, files.work, ...contents.map(([path]) => path)]) chownSync(path, uid, gid);
}

function readHost(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** `-v` makes a missing source directory, as docker does; `--mount` refuses. */
export function ensureBindSources(request: RunRequest): void {
  for (const mount of request.mounts) {
    if (mount.type !== 'bind' || existsSync(mount.source)) continue;
    if (mount.missingSource === 'refuse') {
      throw new TsrunError('USAGE', `cannot bind "${mount.source}"`, {
        why: 'it does not exist on the host',
        hint: 'make it, or use -v, which makes a directory',
      });
    }
    mkdirSync(mount.source, { recursive: true });
  }
}
