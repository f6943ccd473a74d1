/** Which process carries a step out. */
import type { MonitorStep, ParentStep, Step } from '../plan.ts';

/**
 * `monitor`: the small process that stays outside, before the clone. `parent`: the same one, while the new process
 * waits. `init`: the new process itself.
 */
export type Actor = 'monitor' | 'parent' | 'init';

const outside: Readonly<Record<MonitorStep['kind'], 'monitor'> & Record<ParentStep['kind'], 'parent'>> = {
  'cgroup-create': 'monitor',
  'cgroup-enable': 'monitor',
  'cgroup-enter': 'monitor',
  'cgroup-scope': 'monitor',
  'cgroup-attach': 'parent',
  'cgroup-write': 'monitor',
  'cgroup-devices': 'monitor',
  'open-tree': 'monitor',
  'take-file': 'monitor',
  join: 'monitor',
  anchor: 'monitor',
  clone: 'monitor',
  'id-map': 'parent',
  'net-device': 'parent',
  veth: 'parent',
  macvlan: 'parent',
  pasta: 'parent',
  forward: 'parent',
  'raise-rlimit': 'parent',
  'oom-score-adj': 'parent',
};

export const actorOf = (kind: Step['kind']): Actor =>
  kind in outside ? outside[kind as keyof typeof outside] : 'init';
