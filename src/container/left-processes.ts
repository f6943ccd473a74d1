/**
 * The processes of a container whose monitor was killed, where neither a pid namespace nor a control group ends them: found by
 * their mount namespace.
 *
 * The number of a namespace is given out again once it is gone. So it is held open from the beginning: as long as this
 * descriptor lives, a process that has this number is in this namespace. What has made itself a mount namespace of its own, a
 * container inside the container, is not found.
 */
import { type BigIntStats, closeSync, fstatSync, openSync, readdirSync, statSync } from 'node:fs';
import { ProcessHandle } from '../process/process-handle.ts';

const sigkill = 9;

export class ContainerProcesses implements Disposable {
  readonly #namespace: number;
  readonly #is: BigIntStats;

  /** @param pid of PID 1, as the host sees it */
  constructor(pid: number) {
    this.#namespace = openSync(`/proc/${pid}/ns/mnt`, 'r');
    this.#is = fstatSync(this.#namespace, { bigint: true });
  }

  /** Kills all of them. A process that is being made meanwhile is found by the next look, and one after the last look is none. */
  end(): void {
    while (this.#killSome());
  }

  [Symbol.dispose](): void {
    closeSync(this.#namespace);
  }

  #killSome(): boolean {
    let some = false;
    for (const name of readdirSync('/proc')) {
      if (/^\d+$/.test(name) && this.#has(name) && this.#kill(name)) some = true;
    }
    return some;
  }

  #has(pid: string): boolean {
    try {
      const { dev, ino } = statSync(`/proc/${pid}/ns/mnt`, { bigint: true });
      return dev === this.#is.dev && ino === this.#is.ino;
    } catch {
      // Gone meanwhile, a zombie, or somebody else's.
      return false;
    }
  }

  /** Looked at once more with the process held: its number may have become another's. */
  #kill(pid: string): boolean {
    try {
      using process = ProcessHandle.open(Number(pid), () => this.#has(pid));
      process?.signal(sigkill);
      return process !== null;
    } catch {
      // Not ours to kill.
      return false;
    }
  }
}
