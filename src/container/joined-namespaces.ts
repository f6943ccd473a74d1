/** What a process that enters a container has to join, by what the kernel says of its PID 1. */
import { readlinkSync } from 'node:fs';
import type { NamespaceKind } from '../plan/plan.ts';

const links: readonly (readonly [NamespaceKind, string])[] = [
  ['user', 'user'],
  ['mount', 'mnt'],
  ['pid', 'pid'],
  ['network', 'net'],
  ['uts', 'uts'],
  ['ipc', 'ipc'],
  ['cgroup', 'cgroup'],
  ['time', 'time'],
];

/** Those of PID 1 that are not ours already: joining one's own user namespace is an error, setns(2). */
export function foreignNamespaces(pid: number): readonly NamespaceKind[] {
  const of = (who: string, link: string): string => readlinkSync(`/proc/${who}/ns/${link}`);
  return links.filter(([, link]) => of(String(pid), link) !== of('self', link)).map(([kind]) => kind);
}
