/** From a bundle to a plan: the same road as `run`, with the root filesystem the client has made. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Bundle } from '../../bundle/read-bundle.ts';
import { type CgroupPlacement, placeForOci } from '../../cgroup/placement.ts';
import { cgroupSteps } from '../../cgroup/steps.ts';
import { probeHost } from '../../host/facts.ts';
import { pageSize } from '../../host/page-size.ts';
import { pathsFor } from '../../host/paths.ts';
import { type OciConfig, type OciMount, ociVersion } from '../../oci/config.ts';
import { bundleDeviceRules } from '../../oci/defaults.ts';
import { filesystemParameters, parseMountOptions } from '../../oci/mount-options.ts';
import { allowsSetGroups, buildPlan, type PlanInput } from '../../plan/build-plan.ts';
import { type HookState, unknownPid } from '../../plan/hooks.ts';
import type { CompiledFilter } from '../../plan/identity.ts';
import type { Plan } from '../../plan/plan.ts';
import { compileSeccomp } from '../config/compile-seccomp.ts';
import type { OciId } from '../state/container-id.ts';
import type { ContainerState } from '../state/state-file.ts';
import { grantedCapabilities } from './granted-capabilities.ts';
import { groupName } from './group-name.ts';
import { groupNotes } from './group-notes.ts';
import { limitsDemand } from './limits-demand.ts';
import { listenerMessage } from './seccomp-listener.ts';
import { stateJson } from './state-json.ts';
import { userNamespaceOf } from './user-namespace.ts';

export type CgroupManager = 'cgroupfs' | 'systemd' | 'disabled';

export interface BundlePlanRequest {
  readonly bundle: Bundle;
  readonly id: OciId;
  /** Directory of the containers' directories. */
  readonly root: string;
  readonly manager: CgroupManager;
  readonly start: PlanInput['start'];
  readonly console: PlanInput['console'];
  /** The place of the connection to a seccomp listener among the kept files; null: there is none. */
  readonly listenerFile: number | null;
  readonly preserved: PlanInput['preserved'];
  readonly keyring: PlanInput['keyring'];
  readonly rootChange: PlanInput['rootChange'];
}

export interface BundlePlan {
  readonly plan: Plan;
  /** Directory of the container's control group; null: none. */
  readonly cgroup: string | null;
  /** Whether that is a place where nobody but tsrun makes groups. */
  readonly cgroupIsOurs: boolean;
  /** systemd's unit around it; null: none. */
  readonly scope: ContainerState['scope'];
  /** What is not in force and why; a sentence each. */
  readonly notes: readonly string[];
}

/** @throws TsrunError naming the field or the limit */
export function planBundle(request: BundlePlanRequest): BundlePlan {
  const { bundle, id } = request;
  const host = probeHost();
  const userns = userNamespaceOf(bundle.config, host);
  const deviceRules = host.privilege.type === 'root' && host.initialUserNamespace ? 'enforce' : 'impossible';
  const asked = bundle.config.linux?.resources ?? {};
  const resources = deviceRules === 'enforce' ? { ...asked, devices: bundleDeviceRules(asked.devices) } : asked;
  const cgroupsPath = bundle.config.linux?.cgroupsPath ?? '';
  const placement = placeForOci(host.cgroup, {
    id,
    name: groupName(request.root, id),
    manager: request.manager,
    cgroupsPath,
    annotations: bundle.config.annotations ?? {},
  });
  const cgroup = cgroupSteps({
    resources,
    host: host.cgroup,
    placement,
    demand: limitsDemand(),
    defaulted: [],
    deviceRules,
    pageSize: pageSize(),
  });
  const labelled = withMountLabel(bundle.config);
  const granted = grantedCapabilities(bundle.config.process, userns.type === 'host' ? "the caller's" : 'another');
  const config = withCgroupMounts({ ...labelled.config, process: granted.process }, cgroup.path);
  const seccomp = config.linux?.seccomp;
  const plan = buildPlan({
    config,
    rootfs: { type: 'bind', source: bundle.rootfs, target: bundle.rootfs, readonly: false },
    nodev: false,
    rootChange: request.rootChange,
    host,
    userns,
    cgroup,
    seccomp:
      seccomp === undefined ? null : { ...compileSeccomp(seccomp, seccompCache()), listener: listenerOf(request) },
    user: { type: 'config' },
    pid1: 'command',
    demand: 'required',
    start: request.start,
    console: request.console,
    keyring: request.keyring,
    preserved: request.preserved,
    hookState: hookStateOf(bundle, id),
  });
  return {
    plan,
    cgroup: cgroup.path,
    cgroupIsOurs: host.cgroup.type === 'available' && (cgroup.path ?? '').startsWith(`${host.cgroup.base}/`),
    scope: cgroup.scope,
    notes: [
      ...(request.manager === 'disabled' ? [] : placeNotes(placement, cgroupsPath)),
      ...cgroup.notes,
      ...labelled.notes,
      ...granted.notes,
      ...mountNotes(config),
      ...groupNotes(config.process, allowsSetGroups({ userns, host })),
    ],
  };
}

function listenerOf({ bundle, id, listenerFile }: BundlePlanRequest): CompiledFilter['listener'] {
  if (listenerFile === null) return null;
  const { annotations = {}, linux } = bundle.config;
  const parts = { ociVersion, id, bundle: bundle.path, annotations };
  const metadata = linux?.seccomp?.listenerMetadata ?? '';
  return { file: listenerFile, message: listenerMessage(parts, { status: 'creating' }, metadata) };
}

/** For hooks that init runs inside: it alone knows its pid there. */
function hookStateOf(bundle: Bundle, id: OciId): HookState {
  const parts = { ociVersion, id, bundle: bundle.path, annotations: bundle.config.annotations ?? {} };
  return { creating: stateJson(parts, 'creating', unknownPid), created: stateJson(parts, 'created', unknownPid) };
}

export const seccompCache = (): string =>
  join(
    pathsFor({ uid: process.geteuid?.() ?? 0, env: process.env, overrides: { store: null, state: null } }).store,
    'cache',
    'seccomp',
  );

/** A relative path leaves the place to us; who names an absolute one looks for the group there. */
function placeNotes(placement: CgroupPlacement, cgroupsPath: string): readonly string[] {
  if (placement.type !== 'none' || !cgroupsPath.startsWith('/')) return [];
  return [`linux.cgroupsPath "${cgroupsPath}" is not in force: ${placement.reason}`];
}

/** Where SELinux is not on nothing has a label, and filesystems refuse the parameter for one. */
function withMountLabel(config: OciConfig): { readonly config: OciConfig; readonly notes: readonly string[] } {
  const label = config.linux?.mountLabel ?? '';
  if (label === '' || existsSync('/sys/fs/selinux/enforce')) return { config, notes: [] };
  const notes = [`linux.mountLabel "${label}" is not in force: SELinux is not on`];
  return { config: { ...config, linux: { ...config.linux, mountLabel: '' } }, notes };
}

/** The kernel ignores a filesystem's parameters on a bind mount, as runtimes do; somebody meant something by them. */
function mountNotes({ mounts = [] }: OciConfig): readonly string[] {
  return mounts.flatMap(({ type, options = [] }, index) => {
    const parsed = parseMountOptions(options);
    if (type !== 'bind' && parsed.bind === null) return [];
    const ignored = filesystemParameters(parsed).map((parameter) => `"${parameter}"`);
    if (ignored.length === 0) return [];
    return [`mounts[${index}].options ${ignored.join(', ')}: a bind mount takes no parameters of a filesystem`];
  });
}

/**
 * Without a control group namespace a fresh cgroup2 mount would show the whole host's hierarchy: the container gets its own
 * group, by a bind mount.
 */
function withCgroupMounts(config: OciConfig, cgroup: string | null): OciConfig {
  const own = config.linux?.namespaces?.some(({ type }) => type === 'cgroup') ?? false;
  if (own || !config.mounts?.some(({ type }) => type === 'cgroup' || type === 'cgroup2')) return config;
  const mounts = config.mounts.map((mount): OciMount => {
    if (mount.type !== 'cgroup' && mount.type !== 'cgroup2') return mount;
    if (cgroup === null)
      return {
        destination: mount.destination,
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['ro', 'nosuid', 'nodev', 'noexec'],
      };
    return { ...mount, type: 'bind', source: cgroup, options: ['bind', ...(mount.options ?? [])] };
  });
  return { ...config, mounts };
}
