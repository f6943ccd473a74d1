/**
 * Which kernel parameters belong to a namespace, and to which: anything else would change the host's.
 *
 * Sources: ipc_namespaces(7) and ipc/ipc_sysctl.c, ipc/mq_sysctl.c for IPC; network_namespaces(7); kernel/utsname_sysctl.c.
 */
import type { OciNamespaceType } from './linux.ts';

const ipc = new Set([
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.sem',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_rmid_forced',
  // Since Linux 3.14 and 5.19; below CONFIG_CHECKPOINT_RESTORE.
  'kernel.sem_next_id',
  'kernel.msg_next_id',
  'kernel.shm_next_id',
  'kernel.auto_msgmni',
]);

/**
 * The namespace a parameter lives in, or null when it is the whole machine's.
 *
 * @param name dotted, as in sysctl(8); slashes are taken too
 * @example sysctlNamespace('net.core.somaxconn') // 'network'
 */
export function sysctlNamespace(name: string): Extract<OciNamespaceType, 'ipc' | 'network' | 'uts'> | null {
  const dotted = dottedSysctl(name);
  if (ipc.has(dotted) || dotted.startsWith('fs.mqueue.')) return 'ipc';
  if (dotted.startsWith('net.')) return 'network';
  if (dotted === 'kernel.domainname' || dotted === 'kernel.hostname') return 'uts';
  return null;
}

/**
 * The path below /proc/sys. sysctl(8): whichever of dot and slash comes first is the separator, the other is part of a
 * name (an interface called eth0.100 is written net/ipv4/conf/eth0.100/forwarding or net.ipv4.conf.eth0/100.forwarding).
 *
 * @returns null when the name could leave /proc/sys
 */
export function sysctlPath(name: string): string | null {
  const first = /[./]/.exec(name)?.[0];
  const path = first === '/' ? name : name.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
  const parts = path.split('/');
  return parts.some((part) => part === '' || part === '.' || part === '..') || /[\0\n]/.test(name) ? null : path;
}

function dottedSysctl(name: string): string {
  const path = sysctlPath(name);
  return path === null ? '' : path.replaceAll('/', '.');
}
