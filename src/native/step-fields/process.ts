/** Fields of init's steps about everything else that a process has: native/plan/process.h. */
import type { ProcessStep } from '../../plan/plan.ts';
import { demand, type FieldWriters, nothing } from './terms.ts';

export const processFields: FieldWriters<ProcessStep> = {
  rlimit: (w, step) => w.u32(step.resource).u64(step.soft).u64(step.hard).u8(demand[step.demand]),
  'become-root': (w, step) => w.flag(step.dropGroups),
  'time-namespace': (w, step) => {
    w.i64(step.monotonicSeconds).u32(step.monotonicNanoseconds);
    w.i64(step.boottimeSeconds).u32(step.boottimeNanoseconds);
  },
  lookup: (w, step) => w.string(step.user).strings(step.groupAdd),
  hostname: (w, step) => w.string(step.hostname),
  domainname: (w, step) => w.string(step.domainname),
  sysctl: (w, step) => w.string(step.name).string(step.path).string(step.value),
  'working-directory': (w, step) => w.string(step.path),
  console: (w, step) => {
    w.u32(step.rows).u32(step.columns).u32(step.owner);
    w.flag(step.to.to === 'socket').u32(step.to.to === 'socket' ? step.to.slot : 0);
    w.flag(step.devConsole);
  },
  'container-hooks': (w, step) => {
    w.flag(step.name === 'startContainer');
    w.list(step.hooks, (hook) => w.string(hook.path).strings(hook.argv).strings(hook.env).u32(hook.milliseconds));
    w.string(step.state.head).string(step.state.tail);
  },
  scheduler: (w, step) => {
    w.u32(step.policy).i32(step.nice).u32(step.priority).u64(step.flags);
    w.u64(step.runtime).u64(step.deadline).u64(step.period);
  },
  'io-priority': (w, step) => w.u32(step.priority),
  'cpu-affinity': (w, step) => w.blob(step.mask),
  personality: (w, step) => w.u32(step.persona),
  'memory-policy': (w, step) => w.u32(step.mode).blob(step.nodes),
  'exec-label': (w, step) => w.flag(step.module === 'apparmor').string(step.label),
  session: (w, step) => w.flag(step.keyring === 'new'),
  'preserve-files': (w, step) => {
    w.u32(step.slots.length);
    for (const slot of step.slots) w.u32(slot);
  },
  'find-command': (w, step) => w.string(step.directory).strings(step.candidates),
  'wait-start': (w, step) => w.u32(step.slot),
  'bounding-set': (w, step) => w.u64(step.keep),
  seccomp: (w, step) => {
    w.blob(step.program).u32(step.flags);
    w.strings(step.listener?.message ?? []).u32(step.listener?.slot ?? 0);
  },
  user: (w, step) => {
    const id = step.identity;
    w.flag(id.type === 'looked-up');
    w.u32(id.type === 'ids' ? id.uid : 0).u32(id.type === 'ids' ? id.gid : 0);
    w.list(id.type === 'ids' ? id.groups : [], (group) => w.u32(group));
    w.flag(id.setGroups).u32(step.umask);
  },
  capabilities: (w, step) => w.u64(step.effective).u64(step.permitted).u64(step.inheritable).u64(step.ambient),
  'close-files': (w, step) => w.u32(step.from),
  exec: (w, step) => {
    w.strings(step.argv).strings(step.env).strings(step.candidates);
    w.flag(step.home === 'looked-up').flag(step.pid1 === 'reaper');
  },
  loopback: nothing,
  'runtime-hooks': nothing,
  'no-new-privileges': nothing,
};
