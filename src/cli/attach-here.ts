/** A running container at this process's terminal, or streams. */
import { constants } from 'node:os';
import { containerEvents } from '../container/container-events.ts';
import { type Attached, attachKept } from '../container/kept/attach-kept.ts';
import { actorOf, type KeptContainer } from '../container/kept/kept-container.ts';
import { exitCodeOfEnd } from '../container/kept/monitor-files.ts';
import { signalKept, waitKept } from '../container/kept/stop-kept.ts';
import type { DetachKeys } from '../container/request/detach-keys.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import { DetachKeyFilter } from '../process/detach-key-filter.ts';
import { askingSignals } from '../process/foreground-signals.ts';
import { exitCodeOfContainer } from './exit-code.ts';
import { noteLost } from './note-if-lost.ts';
import { note } from './output.ts';

export interface AttachFlags {
  readonly input: 'typed' | 'none';
  readonly signals: 'passed-on' | 'own';
  readonly detachKeys: DetachKeys;
}

/** @returns the exit code: the container's, or 0 when the person let go of it */
export async function attachHere(paths: Paths, container: KeptContainer, flags: AttachFlags): Promise<number> {
  const { terminal, stdin } = container.kept.request;
  const types = flags.input === 'typed' && stdin === 'inherit';
  // Before the monitor is asked: from the moment it counts this terminal in, Ctrl-C is the container's.
  const terminalBefore = types && terminal ? makeRaw() : null;
  const passing = flags.signals === 'passed-on' ? passSignals(paths, container) : null;
  try {
    const attached = await attachKept(container, {
      output: (stream, bytes) => void (stream === 'stderr' ? process.stderr : process.stdout).write(bytes),
      missed: (bytes) => note(`tsrun: ${bytes} bytes were not shown: too slow for what the container prints`),
    });
    return await untilLeft(paths, container, attached, types ? flags.detachKeys : null);
  } finally {
    for (const stop of [terminalBefore, passing]) stop?.();
  }
}

/** @param keys null: nothing is typed */
async function untilLeft(
  paths: Paths,
  container: KeptContainer,
  attached: Attached,
  keys: DetachKeys | null,
): Promise<number> {
  const actor = actorOf(container);
  containerEvents(paths, actor, ['attach']);
  const typing = keys === null ? null : typeInto(attached, keys);
  const showing = container.kept.request.terminal ? showSize(attached) : null;
  try {
    const exit = await attached.closed;
    if (exit !== null) return exitCodeOfContainer(exit);
    if (typing?.isDetached() === true) {
      containerEvents(paths, actor, ['detach']);
      return 0;
    }
    // Its monitor was killed, or this process was too slow for its last word.
    const end = await waitKept(paths, container);
    if (end === null) return 0;
    noteLost(end, container.name);
    return exitCodeOfEnd(end);
  } finally {
    for (const stop of [typing?.stop, showing]) stop?.();
  }
}

/** @returns what makes the terminal as it was */
function makeRaw(): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => {};
  stdin.setRawMode(true);
  return () => void stdin.setRawMode(false);
}

interface Typing {
  /** The detach keys came. */
  isDetached(): boolean;
  stop(): void;
}

function typeInto(attached: Attached, keys: DetachKeys): Typing {
  const input = process.stdin;
  const filter = new DetachKeyFilter(input.isTTY ? keys : ('' as DetachKeys));
  let isDetached = false;
  let written = Promise.resolve();
  input.on('data', (chunk: Buffer) => {
    const { typed, detached } = filter.pass(chunk);
    input.pause();
    written = attached.write(typed).then(() => {
      isDetached ||= detached;
      if (detached) attached.close();
      else input.resume();
    });
  });
  // What was read before comes first.
  const end = (): void => void written.then(() => attached.end());
  input.on('end', end).on('error', end);
  return {
    isDetached: () => isDetached,
    stop: () => void input.removeAllListeners().pause(),
  };
}

/** Changed once and back: a full-screen program draws itself anew when the size changes. */
function showSize(attached: Attached): () => void {
  const { stdout } = process;
  if (!stdout.isTTY) return () => {};
  const tell = (): void => attached.resize(stdout.rows, stdout.columns);
  attached.resize(stdout.rows, Math.max(1, stdout.columns - 1));
  tell();
  stdout.on('resize', tell);
  return () => void stdout.off('resize', tell);
}

function passSignals(paths: Paths, container: KeptContainer): () => void {
  const handlers = askingSignals.map((name) => {
    const pass = (): void => {
      try {
        signalKept(paths, container, constants.signals[name], 'first-process');
      } catch (error) {
        // It ends this moment.
        if (!(error instanceof TsrunError)) throw error;
      }
    };
    process.on(name, pass);
    return { name, pass };
  });
  return () => {
    for (const { name, pass } of handlers) process.off(name, pass);
  };
}
