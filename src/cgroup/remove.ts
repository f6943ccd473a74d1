/** Takes a control group away, with whatever still runs in it. */
import { readdirSync, readFileSync, rmdirSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TsrunError } from '../errors/tsrun-error.ts';

/** How long processes may take to die after SIGKILL: those in uninterruptible sleep (a dead NFS server) never do. */
const patience = 10_000;

/**
 * Kills everything in a control group and below, and removes the directories, children first. One that is gone already
 * is fine.
 *
 * @param path absolute
 * @throws TsrunError STEP_FAILED when something in it does not die, or the group is not ours
 */
export async function removeCgroup(path: string): Promise<void> {
  // The usual case: PID 1 was the last process, and the group is empty.
  if (removed(path)) return;
  const kill = join(path, 'cgroup.kill');
  try {
    writeFileSync(kill, '1');
  } catch (cause) {
    if (code(cause) === 'ENOENT') return;
    throw failure(path, `writing 1 to ${kill} failed: ${code(cause)}`, cause);
  }
  await empty(path);
  for (const child of children(path)) await removeCgroup(join(path, child));
  if (!removed(path))
    throw failure(path, `it is empty and rmdir says EBUSY; still below it: ${children(path).join(', ') || 'nothing'}`);
}

/** rmdir(2); false: EBUSY, for processes or children. */
function removed(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (cause) {
    if (code(cause) === 'ENOENT') return true;
    if (code(cause) === 'EBUSY') return false;
    throw failure(path, `rmdir failed: ${code(cause)}`, cause);
  }
}

/** Until no process lives in the group or below: cgroup.events says so, and inotify tells when it changes. */
async function empty(path: string): Promise<void> {
  const events = join(path, 'cgroup.events');
  const deadline = AbortSignal.timeout(patience);
  const changes = new ChangeSignal();
  const watcher = watch(events, { persistent: true }, () => changes.fire());
  // The group itself may go away under us.
  watcher.on('error', () => changes.fire());
  deadline.addEventListener('abort', () => changes.fire());
  try {
    // The first look is after the watch began, so no change can be missed.
    while (populated(events)) {
      if (deadline.aborted) {
        throw failure(path, `processes in it do not die: ${processes(path).join(', ') || 'in a group below it'}`);
      }
      await changes.next();
    }
  } finally {
    watcher.close();
  }
}

/** Remembers a change that comes while nobody waits. */
class ChangeSignal {
  #pending = false;
  #wake: (() => void) | null = null;

  fire(): void {
    this.#pending = true;
    this.#wake?.();
  }

  async next(): Promise<void> {
    if (!this.#pending) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#pending = false;
    this.#wake = null;
  }
}

function populated(events: string): boolean {
  try {
    return /^populated 1$/m.test(readFileSync(events, 'latin1'));
  } catch (cause) {
    if (code(cause) === 'ENOENT' || code(cause) === 'ENODEV') return false;
    throw cause;
  }
}

function children(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (cause) {
    if (code(cause) === 'ENOENT') return [];
    throw cause;
  }
}

/** What `tsrun` prints for someone to look at; nothing when it cannot be read. */
function processes(path: string): readonly string[] {
  try {
    return readFileSync(join(path, 'cgroup.procs'), 'latin1').trim().split('\n');
  } catch {
    return [];
  }
}

const code = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown';

const failure = (path: string, why: string, cause?: unknown): TsrunError =>
  new TsrunError('STEP_FAILED', `cannot remove the control group "${path}"`, { why, cause });
