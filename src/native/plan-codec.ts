/**
 * A plan as the bytes that native/plan decodes.
 *
 * Little endian, no padding. A string is a u32 length and its UTF-8 bytes with a final NUL counted in; a list is a u32
 * count and its items; a step is a u16 kind, its place in `stepOrder`, and its fields in the order of `Fields` in
 * native/plan. test/contract sends every kind across and back.
 */

import type { Plan, Step } from '../plan/plan.ts';
import { ByteWriter } from './byte-writer.ts';
import { type LaunchHeader, writeHeader } from './launch-header.ts';
import { filesystemFields } from './step-fields/filesystem.ts';
import { monitorFields } from './step-fields/monitor.ts';
import { processFields } from './step-fields/process.ts';
import type { FieldWriter, FieldWriters } from './step-fields/terms.ts';

const magic = 0x4e505354;
const version = 1;

/** The wire order; the same as the variant in native/plan/plan.h. */
export const stepOrder: readonly Step['kind'][] = [
  'cgroup-create',
  'cgroup-enable',
  'cgroup-enter',
  'cgroup-write',
  'cgroup-devices',
  'open-tree',
  'clone',
  'id-map',
  'rlimit',
  'oom-score-adj',
  'open-path',
  'become-root',
  'time-namespace',
  'root-propagation',
  'proc-handle',
  'overlay',
  'rootfs-bind',
  'mount',
  'bind',
  'device',
  'symlink',
  'directory',
  'loopback',
  'lookup',
  'pivot-root',
  'root-readonly',
  'hostname',
  'domainname',
  'sysctl',
  'mask-path',
  'readonly-path',
  'session',
  'console',
  'bounding-set',
  'seccomp',
  'user',
  'capabilities',
  'working-directory',
  'no-new-privileges',
  'close-files',
  'exec',
  'chroot',
  'cgroup-scope',
  'take-file',
  'runtime-hooks',
  'find-command',
  'wait-start',
  'join',
  'preserve-files',
  'container-hooks',
  'scheduler',
  'io-priority',
  'cpu-affinity',
  'personality',
  'memory-policy',
  'exec-label',
  'raise-rlimit',
  'remount',
  'net-device',
  'cgroup-attach',
  'veth',
  'pasta',
  'forward',
  'anchor',
  'macvlan',
];
const kindNumber = new Map(stepOrder.map((kind, index) => [kind, index]));

const fieldWriters: FieldWriters<Step> = { ...monitorFields, ...filesystemFields, ...processFields };

/**
 * Encodes a plan and how to run it.
 * @throws RangeError when a string has a NUL inside: the kernel could not take it either.
 */
export function encodePlan(plan: Plan, header: LaunchHeader): Uint8Array {
  const w = new ByteWriter();
  w.u32(magic).u32(version);
  writeHeader(w, header);
  w.u32(plan.steps.length);
  for (const step of plan.steps) {
    w.u16(kindNumber.get(step.kind) ?? 0xffff);
    // The table has one for each kind: of the step's own kind, which the type of a look-up does not tell.
    const write = fieldWriters[step.kind] as FieldWriter<Step>;
    write(w, step);
  }
  return w.bytes();
}
