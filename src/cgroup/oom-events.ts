/** Tells when the kernel kills for want of memory: memory.events, by inotify. */
import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { groupEvents } from './group-events.ts';
import { GroupFiles } from './stats/files.ts';

export interface OomListener {
  /** Processes of the group were killed; `count` since the last time. */
  killed(count: bigint): void;
  /** Nothing lives in the group any more: nothing more will come. */
  ended(): void;
}

/**
 * Follows a group until it is empty or the result is closed. Kills before the call are not told.
 *
 * @param path directory of the group
 * @throws Error ENOENT when the group is gone, or the memory controller is not enabled in it
 */
export function followOomKills(path: string, listener: OomListener): { close(): void } {
  const files = new GroupFiles(path);
  const kills = (): bigint => files.table('memory.events').get('oom_kill') ?? 0n;
  let seen = kills();
  let open = true;
  const look = (): void => {
    if (!open) return;
    const now = kills();
    if (now > seen) {
      listener.killed(now - seen);
      seen = now;
    }
    if (!groupEvents(path).populated) {
      close();
      listener.ended();
    }
  };
  const watchers: FSWatcher[] = [];
  const close = (): void => {
    open = false;
    for (const watcher of watchers) watcher.close();
  };
  try {
    for (const name of ['memory.events', 'cgroup.events']) {
      const watcher = watch(join(path, name), look);
      watcher.on('error', look);
      watchers.push(watcher);
    }
  } catch (cause) {
    close();
    throw cause;
  }
  // What happened while the watches were set.
  queueMicrotask(look);
  return { close };
}
