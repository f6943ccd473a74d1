/** A container on disk as the object of its state. */
import type { KeptContainer } from '../container/kept/kept-container.ts';
import type { KeptEnd } from '../container/kept/monitor-files.ts';
import { pauseKept, unpauseKept } from '../container/kept/pause-kept.ts';
import { removeKept } from '../container/kept/remove-kept.ts';
import { startKept } from '../container/kept/start-kept.ts';
import { signalKept, stopKept, waitKept } from '../container/kept/stop-kept.ts';
import { parseSignal } from '../container/request/signal.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import { patienceOf } from '../process/patience.ts';
import { type Abortable, aborted, signalOf } from './abort.ts';
import { inWords } from './in-words.ts';
import { endOf, inspectionOf } from './inspection.ts';
import { logs } from './logs.ts';
import { publishedAddress } from './ports.ts';
import type {
  AnyContainer,
  CreatedContainer,
  ExitedContainer,
  PausedContainer,
  RemoveOptions,
  RestartingContainer,
  RunningContainer,
  StartOptions,
  StopOptions,
} from './states.ts';
import { stats, usage } from './stats.ts';
import { dispose, now, type Stored, stillIn } from './stored.ts';

/** As it is at this moment. */
export function containerObject(stored: Stored, { state }: KeptContainer): AnyContainer {
  switch (state.status) {
    case 'created':
      return createdContainer(stored);
    case 'running':
      return runningContainer(stored, state.running.process.pid);
    case 'paused':
      return pausedContainer(stored, state.running.process.pid);
    case 'restarting':
      return restartingContainer(stored, state.end);
    case 'exited':
      return exitedContainer(stored, state.end);
  }
}

export const createdContainer = (stored: Stored): CreatedContainer => ({
  state: 'created',
  ...inEveryState(stored),
  ...startable(stored, 'created'),
});

const runningContainer = (stored: Stored, pid: number): RunningContainer => ({
  state: 'running',
  ...inEveryState(stored),
  ...live(stored, pid),
  exec: (command, options = {}) =>
    inWords(stored.paths, async () => await (await import('./exec.ts')).exec(stored, command, options)),
  attach: async (options = {}) => await (await import('./attach.ts')).attach(stored, options),
  untilHealthy: (options = {}) => untilHealthy(stored, options),
  pause: async () => {
    await pauseKept(stored.paths, now(stored));
    return pausedContainer(stored, pid);
  },
});

const pausedContainer = (stored: Stored, pid: number): PausedContainer => ({
  state: 'paused',
  ...inEveryState(stored),
  ...live(stored, pid),
  unpause: async () => {
    await unpauseKept(stored.paths, now(stored));
    return runningContainer(stored, pid);
  },
});

const restartingContainer = (stored: Stored, end: KeptEnd): RestartingContainer => ({
  state: 'restarting',
  exit: endOf(end),
  ...inEveryState(stored),
  ...started(stored),
  ...stoppable(stored),
});

const exitedContainer = (stored: Stored, end: KeptEnd): ExitedContainer => ({
  state: 'exited',
  exit: endOf(end),
  ...inEveryState(stored),
  ...startable(stored, 'exited'),
  ...started(stored),
});

// Loaded when they are called, here and below: who only runs a command does not wait for them.
const inEveryState = (stored: Stored) =>
  ({
    id: stored.id,
    name: stored.name,
    inspect: async () => inspectionOf(now(stored)),
    copyIn: (source, destination, options = {}) =>
      inWords(stored.paths, async () => await (await import('./copy.ts')).copyIn(stored, source, destination, options)),
    copyOut: (source, destination, options = {}) =>
      inWords(
        stored.paths,
        async () => await (await import('./copy.ts')).copyOut(stored, source, destination, options),
      ),
    commit: (options = {}) =>
      inWords(stored.paths, async () => await (await import('./commit.ts')).commit(stored, options)),
    [Symbol.asyncDispose]: () => inWords(stored.paths, () => dispose(stored)),
  }) satisfies Partial<CreatedContainer>;

const startable = (stored: Stored, state: 'created' | 'exited') =>
  ({
    start: (options = {}) => inWords(stored.paths, () => start(stored, state, options)),
    remove: ({ volumes = false }: RemoveOptions = {}) =>
      inWords(stored.paths, async () => {
        await removeKept(stored.paths, now(stored), {
          running: 'refuse',
          extent: volumes ? 'anonymous-volumes-too' : 'container',
        });
      }),
  }) satisfies Partial<CreatedContainer>;

const started = (stored: Stored) =>
  ({
    logs: (options = {}) => logs(stored, options),
    diff: async (options = {}) => await (await import('./copy.ts')).diff(stored, options),
  }) satisfies Partial<ExitedContainer>;

const stoppable = (stored: Stored) =>
  ({
    stop: (options = {}) => inWords(stored.paths, () => stop(stored, options)),
  }) satisfies Partial<RunningContainer>;

const live = (stored: Stored, pid: number) =>
  ({
    ...started(stored),
    ...stoppable(stored),
    pid,
    port: (containerPort, protocol = 'tcp') => {
      const { state } = now(stored);
      if (state.status === 'running' || state.status === 'paused')
        return publishedAddress(stored.paths, stored, containerPort, protocol);
      throw new TsrunError('CONTAINER_STATE', `container "${stored.name}" has no ports`, {
        why: `it is not running: ${state.status}`,
      });
    },
    stats: (options = {}) => stats(stored, options),
    usage: async () => usage(stored),
    kill: (signal) =>
      inWords(stored.paths, async () =>
        signalKept(stored.paths, now(stored), parseSignal(signal, 'signal'), 'first-process'),
      ),
    wait: (options = {}) => wait(stored, options),
  }) satisfies Partial<RunningContainer>;

async function start(stored: Stored, from: 'created' | 'exited', options: StartOptions): Promise<RunningContainer> {
  const { paths } = stored;
  const signal = signalOf(options);
  if (signal.aborted) throw aborted(`the start of "${stored.name}"`, signal);
  const launch = await startKept(
    stillIn(stored, from, 'start'),
    { type: 'background' },
    {
      paths,
      signal,
      get stdin(): never {
        throw new Error('the image of a container is not read from standard input');
      },
      onProgress: () => {},
      notice: options.onNotice ?? (() => {}),
      onLaunch: () => {},
      onStep: null,
    },
  );
  if (launch === null) {
    throw new TsrunError('CONTAINER_STATE', `cannot start container "${stored.name}" by this object`, {
      why: 'somebody else has just started it',
      hint: 'open it again',
    });
  }
  return runningContainer(stored, await launch.running);
}

async function stop(stored: Stored, options: StopOptions): Promise<ExitedContainer> {
  const container = now(stored);
  const { kept, state } = container;
  if (state.status === 'exited') return exitedContainer(stored, state.end);
  const { stopSignal, stopTimeout = kept.request.stopTimeout } = options;
  const signal = options.signal ?? null;
  const how = {
    signal: stopSignal === undefined ? kept.stopSignal : parseSignal(stopSignal, 'stopSignal'),
    patience: patienceOf(stopTimeout),
  };
  await orAborted(`stopping "${stored.name}"`, signal, () => stopKept(stored.paths, container, how, signal));
  return await wait(stored, options);
}

async function wait(stored: Stored, options: Abortable): Promise<ExitedContainer> {
  const signal = options.signal ?? null;
  const end = await orAborted(`waiting for "${stored.name}"`, signal, () =>
    waitKept(stored.paths, now(stored), signal),
  );
  if (end !== null) return exitedContainer(stored, end);
  throw new TsrunError('CONTAINER_NOT_FOUND', `cannot say how container "${stored.name}" ended`, {
    why: 'it was made to go at its end, and has gone',
  });
}

async function untilHealthy(stored: Stored, options: Abortable): Promise<void> {
  const signal = options.signal ?? null;
  const { waitCondition } = await import('../container/kept/wait-condition.ts');
  await orAborted(`waiting for "${stored.name}" to be healthy`, signal, () =>
    waitCondition(stored.paths, now(stored), 'healthy', () => 0, signal),
  );
}

async function orAborted<T>(what: string, signal: AbortSignal | null, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw aborted(what, signal);
    throw error;
  }
}
