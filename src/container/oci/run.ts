/** `run`: create, start, wait and delete in one command, which carries the terminal and passes signals on. */
import { closeSync, fstatSync } from 'node:fs';
import { join } from 'node:path';
import { addon } from '../../native/addon.ts';
import { givenStreams } from '../../native/launch-header.ts';
import { ociVersion } from '../../oci/config.ts';
import type { ContainerExit } from '../exit.ts';
import { claimDirectory, removeDirectory, writeState, writeWhole } from '../state/oci-directory.ts';
import { type CreateContext, type CreateRequest, claimGroup, connectConsole, stateOf, takeGroup } from './create.ts';
import { runCreationHooks, runHooksWarning, runPoststartHooks } from './hooks.ts';
import { launchOci, type OciLaunched } from './oci-launch.ts';
import { PidfdSocket } from './pidfd-socket.ts';
import { planBundle } from './plan-bundle.ts';
import { recordRootMount, type UndoRootMount } from './root-mount.ts';
import { connectListener } from './seccomp-listener.ts';
import { stateJson } from './state-json.ts';

export interface RunContext extends CreateContext {
  /** From here on the container can be told things. */
  onLaunch(launched: Pick<OciLaunched, 'kill' | 'destroy' | 'relaysTerminal'>): void;
}

/**
 * Resolves with how it ended. Its state stays until somebody deletes the container.
 *
 * @throws TsrunError with nothing left behind, when its command did not start
 */
export async function runContainer(request: CreateRequest, context: RunContext): Promise<ContainerExit | null> {
  const { bundle, id } = request;
  const { hooks = {}, annotations = {} } = bundle.config;
  const parts = { ociVersion, id, bundle: bundle.path, annotations };
  const directory = claimDirectory(request.root, id);
  const keep: number[] = [];
  /** From then on poststop undoes what other hooks have done, as in runc: some of them are run by init, unseen. */
  let isCloned = false;
  let launched: OciLaunched | undefined;
  let undoRootMount: UndoRootMount = () => {};
  try {
    writeWhole(join(directory.path, 'config.json'), bundle.document, 0o600);
    if (request.consoleSocket !== null) keep.push(connectConsole(request.consoleSocket));
    const listener = connectListener(bundle.config);
    const pidfdSocket = new PidfdSocket(request.pidfdSocket, 'standard');
    const planned = planBundle({
      bundle,
      id,
      root: request.root,
      manager: request.manager,
      start: { type: 'at-once' },
      console: keep.length === 0 ? { to: 'launcher' } : { to: 'socket', file: 0 },
      listenerFile: listener.length === 0 ? null : keep.length,
      preserved: request.preserved.map((_, index) => keep.length + listener.length + index),
      keyring: request.keyring,
      rootChange: request.rootChange,
    });
    claimGroup(planned);
    for (const note of planned.notes) context.notice(note);
    undoRootMount = recordRootMount(directory.path, bundle);
    launched = launchOci({
      plan: planned.plan,
      header: {
        reportProgress: false,
        lifetime: 'launcher',
        streams: { ...givenStreams, relayTerminal: bundle.config.process.terminal === true && keep.length === 0 },
        killCgroup: planned.cgroup ?? '',
        record: null,
        events: null,
        health: null,
      },
      stdio: [0, 1, 2],
      keep: [...keep, ...listener, ...request.preserved],
      on: {
        cloned: (pid, pidfd) => {
          isCloned = true;
          takeGroup(planned, bundle, pid);
          pidfdSocket.send(pidfd);
          if (request.pidFile !== null) writeWhole(request.pidFile, String(pid), 0o644);
          writeState(directory, stateOf(request, planned, pid));
        },
        runtimeHooks: (pid) => runCreationHooks(hooks, (status) => stateJson(parts, status, pid), bundle.path),
        created: () => {},
        notice: context.notice,
      },
    });
    context.onLaunch(launched);
    const pid = await launched.ready;
    // Others may look at it, signal and delete it from here on.
    addon().flock(directory.lock, 'unlock');
    await runPoststartHooks(hooks.poststart ?? [], stateJson(parts, 'running', pid), bundle.path);
    return await launched.ended;
  } catch (error) {
    launched?.destroy();
    await launched?.ended;
    // Somebody who has deleted it meanwhile has done the rest.
    if (!addon().flock(directory.lock, 'exclusive') || fstatSync(directory.lock).nlink === 0) throw error;
    if (isCloned && hooks.poststop !== undefined) {
      const state = stateJson(parts, 'stopped', 0);
      await runHooksWarning({ kind: 'poststop', hooks: hooks.poststop, state, directory: bundle.path }, context.notice);
    }
    undoRootMount();
    removeDirectory(directory);
    throw error;
  } finally {
    for (const fd of [directory.lock, ...keep]) closeSync(fd);
  }
}
