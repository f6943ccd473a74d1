/**
 * What signals do to a command with a container in the foreground.
 *
 * Before the launch they give the work up. After it they go on to PID 1, as with docker, except where a person would be
 * surprised: Ctrl-Z stops the container as it stops any other job, and the third Ctrl-C kills a PID 1 that ignores two.
 */
import { constants } from 'node:os';
import { TsrunError } from '../errors/tsrun-error.ts';
import { addon } from '../native/addon.ts';
import { patienceOf, whenPatienceEnds } from './patience.ts';

/** What a launched container can be told. */
export interface ContainerControls {
  kill(signal: number): void;
  /** Resolves when its processes stand still and the terminal is the caller's again. */
  freeze(): Promise<void>;
  thaw(): void;
  /** Ends it at once. */
  destroy(): void;
}

/**
 * All that ask a process to do something, and the real-time signals. Not forwarded:
 *
 * - SIGCHLD, SIGPIPE and SIGURG tell a process about itself;
 * - SIGTSTP, SIGTTIN and SIGTTOU stop the job, and the first one the container with it;
 * - SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV and SIGSYS are faults, and no JavaScript may run after one;
 * - SIGWINCH of a terminal that the monitor passes on: it sets the size, and the kernel signals.
 */
const asking = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGTERM',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGPWR',
  'SIGVTALRM',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGIO',
  'SIGSTKFLT',
  'SIGABRT',
  'SIGPROF',
  'SIGCONT',
] as const;
// V8's profiler wakes by SIGPROF: whoever asked for a profile of this process means that.
const isProfiled = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some(
  (word) => word !== '' && /--(cpu-)?prof\b/.test(word),
);
export const askingSignals: readonly (typeof asking)[number][] = asking.filter(
  (name) => name !== 'SIGPROF' || !isProfiled,
);
/** Before the launch only these end the work; the others keep their usual effect. */
const ending: ReadonlySet<string> = new Set(['SIGHUP', 'SIGINT', 'SIGTERM']);
/** How many times Ctrl-C is passed on before it kills. */
const patience = 2;

interface Forwarding {
  readonly proxy: boolean;
  /** Seconds between the loss of the terminal and the end of a container that survives SIGHUP; -1: for ever. */
  readonly stopTimeout: number;
  /** Whether the monitor passes a terminal on. */
  readonly terminal: boolean;
}

export class ForegroundSignals implements Disposable {
  readonly #abort = new AbortController();
  readonly #handlers = new Map<NodeJS.Signals, () => void>();
  readonly #notice: (line: string) => void;
  #interrupts = 0;
  #hangUpTimer: NodeJS.Timeout | null = null;
  #endRealtime: (() => void) | null = null;

  constructor(notice: (line: string) => void) {
    this.#notice = notice;
    for (const name of askingSignals) {
      if (ending.has(name)) this.#on(name, () => this.#giveUp(name));
    }
  }

  /** Aborted by a signal before the launch; its reason is a TsrunError ABORTED. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** From now on signals are the container's. */
  launched(container: ContainerControls, how: Forwarding): void {
    const before = [...this.#handlers];
    this.#handlers.clear();
    this.#passOn(container, how);
    // Afterwards: a signal of this moment has its usual effect where nobody has a handler for it.
    for (const [name, handler] of before) process.off(name, handler);
  }

  #passOn(container: ContainerControls, how: Forwarding): void {
    // Without proxying a signal ends this process, and the container with it.
    if (!how.proxy) return;
    for (const name of askingSignals) {
      this.#on(name, () => {
        container.kill(constants.signals[name]);
        if (name === 'SIGINT') this.#countInterrupt(container);
        if (name === 'SIGHUP')
          this.#hangUpTimer ??= whenPatienceEnds(patienceOf(how.stopTimeout), () => container.destroy());
      });
    }
    if (!how.terminal) this.#on('SIGWINCH', () => container.kill(constants.signals.SIGWINCH));
    this.#on('SIGTSTP', () => void this.#stop(container));
    this.#endRealtime = addon().onRealtimeSignals((signal) => container.kill(signal));
  }

  /** Signals have their usual effect again. */
  [Symbol.dispose](): void {
    for (const [name, handler] of this.#handlers) process.off(name, handler);
    this.#handlers.clear();
    this.#endRealtime?.();
    this.#endRealtime = null;
    if (this.#hangUpTimer !== null) clearTimeout(this.#hangUpTimer);
  }

  #on(name: NodeJS.Signals, handler: () => void): void {
    process.on(name, handler);
    this.#handlers.set(name, handler);
  }

  /** A second signal ends the process at once: the handlers are gone by then. */
  #giveUp(name: string): void {
    this[Symbol.dispose]();
    this.#abort.abort(new TsrunError('ABORTED', 'interrupted', { why: `${name} was received` }));
  }

  #countInterrupt(container: ContainerControls): void {
    this.#interrupts += 1;
    if (this.#interrupts === patience) this.#notice('the container still runs; Ctrl-C once more kills it');
    if (this.#interrupts > patience) container.destroy();
  }

  /** The job stops as a whole: first the container, then this process, as the shell expects; both go on with SIGCONT. */
  async #stop(container: ContainerControls): Promise<void> {
    await container.freeze();
    process.once('SIGCONT', () => container.thaw());
    process.kill(process.pid, 'SIGSTOP');
  }
}
