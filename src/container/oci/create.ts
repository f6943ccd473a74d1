/** `create`: everything up to the command, which waits for `start`. Nothing of ours is left when this returns. */
import { closeSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { Bundle } from '../../bundle/read-bundle.ts';
import { markGroup } from '../../cgroup/group-owner.ts';
import { handOver } from '../../cgroup/hand-over.ts';
import { refuseOccupied, removeLeftover } from '../../cgroup/occupied.ts';
import { removeContainerCgroup, removeScopeCgroup } from '../../cgroup/remove.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { addon } from '../../native/addon.ts';
import { givenStreams } from '../../native/launch-header.ts';
import { ociVersion } from '../../oci/config.ts';
import type { OciId } from '../state/container-id.ts';
import { claimDirectory, type OciDirectory, removeDirectory, writeState, writeWhole } from '../state/oci-directory.ts';
import { processStat } from '../state/process-status.ts';
import type { ContainerState, LateHook } from '../state/state-file.ts';
import { groupDelegate } from './group-delegate.ts';
import { runCreationHooks, runHooksWarning } from './hooks.ts';
import { launchOci } from './oci-launch.ts';
import { PidfdSocket } from './pidfd-socket.ts';
import { type BundlePlan, type CgroupManager, planBundle } from './plan-bundle.ts';
import { recordRootMount, type UndoRootMount } from './root-mount.ts';
import { connectListener } from './seccomp-listener.ts';
import { type StateParts, stateJson } from './state-json.ts';

export interface CreateRequest {
  readonly id: OciId;
  readonly bundle: Bundle;
  /** Directory of the containers' directories. */
  readonly root: string;
  readonly manager: CgroupManager;
  /** Absolute; null: none. */
  readonly pidFile: string | null;
  readonly consoleSocket: string | null;
  readonly pidfdSocket: string | null;
  /** Descriptors of this process that the command finds at 3, 4, ... */
  readonly preserved: readonly number[];
  readonly keyring: 'new' | 'inherited';
  readonly rootChange: 'pivot-root' | 'chroot';
}

export interface CreateContext {
  /** One line for the person. */
  notice(line: string): void;
}

/**
 * Makes the container; resolves when its init waits for the start, orphaned to the caller's subreaper.
 *
 * @throws TsrunError with nothing left behind
 */
export async function createContainer(request: CreateRequest, context: CreateContext): Promise<void> {
  checkTerminal(request);
  const directory = claimDirectory(request.root, request.id);
  let undoRootMount: UndoRootMount = () => {};
  try {
    writeWhole(join(directory.path, 'config.json'), request.bundle.document, 0o600);
    const start = addon().listenPackets(join(directory.path, 'start.sock'));
    const console = request.consoleSocket === null ? [] : [connectConsole(request.consoleSocket)];
    const listener = connectListener(request.bundle.config);
    const pidfdSocket = new PidfdSocket(request.pidfdSocket, 'standard');
    const planned = planBundle({
      bundle: request.bundle,
      id: request.id,
      root: request.root,
      manager: request.manager,
      start: { type: 'on-go', file: 1 },
      console: console.length === 0 ? { to: 'launcher' } : { to: 'socket', file: 2 },
      listenerFile: listener.length === 0 ? null : 2 + console.length,
      preserved: request.preserved.map((_, index) => 2 + console.length + listener.length + index),
      keyring: request.keyring,
      rootChange: request.rootChange,
    });
    claimGroup(planned);
    for (const note of planned.notes) context.notice(note);
    undoRootMount = recordRootMount(directory.path, request.bundle);
    await launchCreated(
      request,
      directory,
      planned,
      [directory.lock, start, ...console, ...listener, ...request.preserved],
      pidfdSocket,
      context,
    );
  } catch (error) {
    undoRootMount();
    removeDirectory(directory);
    throw error;
  } finally {
    closeSync(directory.lock);
  }
}

/** @throws TsrunError when another container is in it */
export function claimGroup({ cgroup, cgroupIsOurs }: BundlePlan): void {
  if (cgroup === null) return;
  refuseOccupied(cgroup);
  if (cgroupIsOurs) removeLeftover(cgroup);
}

/** @param pid of PID 1, which is in it */
export function takeGroup({ cgroup }: BundlePlan, { config }: Bundle, pid: number): void {
  if (cgroup === null) return;
  markGroup(cgroup, { pid, startTime: startTimeOf(pid) });
  const delegate = groupDelegate(config);
  if (delegate !== null) handOver(cgroup, delegate);
}

const startTimeOf = (pid: number): number => processStat(pid)?.startTime ?? 0;

async function launchCreated(
  request: CreateRequest,
  directory: OciDirectory,
  planned: BundlePlan,
  keep: readonly number[],
  pidfdSocket: PidfdSocket,
  context: CreateContext,
): Promise<void> {
  const { bundle, id } = request;
  const { hooks = {}, annotations = {} } = bundle.config;
  const parts: StateParts = { ociVersion, id, bundle: bundle.path, annotations };
  /** From then on poststop undoes what other hooks have done, as in runc: some of them are run by init, unseen. */
  let isCloned = false;
  const launched = launchOci({
    plan: planned.plan,
    header: {
      reportProgress: false,
      lifetime: 'handover',
      streams: givenStreams,
      killCgroup: planned.cgroup ?? '',
      record: null,
      events: null,
      health: null,
    },
    stdio: [0, 1, 2],
    keep,
    on: {
      cloned: (pid, pidfd) => {
        isCloned = true;
        takeGroup(planned, bundle, pid);
        pidfdSocket.send(pidfd);
      },
      runtimeHooks: (pid) => runCreationHooks(hooks, (status) => stateJson(parts, status, pid), bundle.path),
      created: (pid) => {
        if (request.pidFile !== null) writeWhole(request.pidFile, String(pid), 0o644);
        writeState(directory, stateOf(request, planned, pid));
      },
      notice: context.notice,
    },
  });
  try {
    await launched.ready;
  } catch (error) {
    await launched.ended;
    if (planned.cgroup !== null) {
      await (planned.scope === null ? removeContainerCgroup : removeScopeCgroup)(planned.cgroup);
    }
    if (isCloned && hooks.poststop !== undefined) {
      const state = stateJson(parts, 'stopped', 0);
      await runHooksWarning({ kind: 'poststop', hooks: hooks.poststop, state, directory: bundle.path }, context.notice);
    }
    throw error;
  }
}

export function stateOf(request: CreateRequest, planned: BundlePlan, pid: number): ContainerState {
  const { bundle, id } = request;
  const { hooks = {}, annotations = {}, linux } = bundle.config;
  const late = (['poststart', 'poststop'] as const).filter((kind): kind is LateHook => (hooks[kind] ?? []).length > 0);
  const pidNamespace = linux?.namespaces?.find(({ type }) => type === 'pid');
  return {
    id,
    pid,
    startTime: startTimeOf(pid),
    cgroup: planned.cgroup,
    scope: planned.scope,
    pidNamespace: pidNamespace !== undefined && pidNamespace.path === undefined ? 'own' : 'shared',
    hooks: late,
    startStep: Math.max(
      0,
      planned.plan.steps.findIndex(({ kind }) => kind === 'wait-start'),
    ),
    ociVersion,
    bundle: bundle.path,
    rootfs: bundle.rootfs,
    created: new Date().toISOString(),
    owner: ownerName(),
    annotations,
  };
}

function ownerName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 0);
  }
}

/** Nobody stays to carry the bytes of a terminal: a client takes it over, or there is none. */
function checkTerminal({ bundle, consoleSocket }: CreateRequest): void {
  const terminal = bundle.config.process.terminal ?? false;
  if (terminal === (consoleSocket !== null)) return;
  throw terminal
    ? new TsrunError('USAGE', 'cannot create a container with a terminal: process.terminal', {
        why: 'nobody would hold its other side when this command ends',
        hint: 'hand it over with --console-socket, or set process.terminal to false',
      })
    : new TsrunError('USAGE', 'cannot use --console-socket', {
        why: 'process.terminal of config.json is false, so there is no terminal to hand over',
      });
}

export function connectConsole(path: string): number {
  try {
    return addon().connectStream(resolve(path));
  } catch (cause) {
    throw new TsrunError('USAGE', `cannot connect to the console socket "${path}"`, {
      why: (cause as Error).message,
      cause,
    });
  }
}
