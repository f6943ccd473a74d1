/** The packets between the launcher and the monitor; the same numbers as native/sys/message.h. */
import { ByteWriter } from './byte-writer.ts';

const size = 32;

/** The call that failed inside a step, by its number in native/sys/message.h. */
const operations = [
  'nothing',
  'mkdir',
  'open',
  'write',
  'read',
  'read back',
  'bpf(BPF_PROG_LOAD)',
  'bpf(BPF_PROG_ATTACH)',
  'open_tree',
  'clone3',
  'write the id maps',
  'prlimit',
  'setgroups',
  'setresgid',
  'setresuid',
  'unshare',
  'setns',
  'mount',
  'fsopen',
  'fsconfig',
  'fsmount',
  'move_mount',
  'mount_setattr',
  'openat2',
  'mknod',
  'chown',
  'chmod',
  'symlink',
  'socket',
  'ioctl',
  'pivot_root',
  'umount',
  'chdir',
  'sethostname',
  'setdomainname',
  'setsid',
  'open ptmx',
  'prctl',
  'seccomp',
  'capset',
  'getcwd',
  'close_range',
  'execve',
  'clone',
  'dup2',
  'check the device',
  'reach the launcher',
  'chroot',
  'keyctl',
  'access',
  'accept',
  'sendmsg',
  'execve of the hook',
  'hook status',
  'hook signal',
  'hook timeout',
  'sched_setattr',
  'ioprio_set',
  'sched_setaffinity',
  'personality',
  'set_mempolicy',
  'fspick',
  'set the propagation',
  'map the ids',
  'find the interface',
  'read its addresses',
  'move the interface',
  'set an address',
  'bring it up',
  'setxattr',
  'make the interfaces',
  'add a route',
  'program status',
  'bind a socket',
  'watch a file',
] as const;
export type Operation = (typeof operations)[number];

/** What the monitor says. */
export type MonitorMessage =
  | {
      readonly type: 'step-done';
      readonly step: number;
      readonly nanoseconds: number;
      /** Of the new process on the host; null: not cloned yet, or init itself reports. */
      readonly pid: number | null;
    }
  | { readonly type: 'ready' }
  /** The monitor waits for `acknowledge`: systemd is to move its child (0: there is none yet), or the monitor itself. */
  | { readonly type: 'scope'; readonly step: number; readonly child: number }
  | ({ readonly type: 'step-failed' } & StepFailure)
  | ({ readonly type: 'note' } & StepFailure)
  | { readonly type: 'lookup'; readonly step: number }
  | { readonly type: 'console' }
  | { readonly type: 'started'; readonly pid: number }
  | { readonly type: 'exited'; readonly waitStatus: number }
  | { readonly type: 'bad-plan'; readonly step: number; readonly offset: number }
  | { readonly type: 'acknowledged' }
  /** PID 1 exists. All pids are as the host sees them. */
  | { readonly type: 'cloned'; readonly pid: number }
  /** Init waits for `acknowledge`: hooks in the runtime's namespaces are to be run now. */
  | { readonly type: 'runtime-hooks'; readonly step: number; readonly pid: number }
  /** Init waits for `acknowledge`: pid file and state are to be written now. */
  | { readonly type: 'created'; readonly step: number; readonly pid: number }
  /** PID 1 waits for its start and is no child of ours any more. The monitor ends. */
  | { readonly type: 'handed-over'; readonly pid: number }
  /** The detach keys came: the monitor and its container go on without us. */
  | { readonly type: 'detached' };

export interface StepFailure {
  /** Index in the plan. */
  readonly step: number;
  /** errno; 0 when the kernel took another value than was asked (`read back`); of a hook its status or signal. */
  readonly errno: number;
  readonly operation: Operation;
  /** Which of the step's items, for steps with lists. */
  readonly item: number;
}

/**
 * Parses one packet.
 * @throws Error when the packet is not one of ours: monitor and library are of different builds.
 */
export function parseMessage(packet: Buffer): MonitorMessage {
  if (packet.length < size) throw new Error(`a message of ${packet.length} bytes came from the monitor`);
  const step = packet.readUInt32LE(4);
  const number = Number(packet.readBigUInt64LE(16));
  const failure = (): StepFailure => ({
    step,
    errno: packet.readInt32LE(8),
    operation: operations[packet.readUInt32LE(12)] ?? 'nothing',
    item: number,
  });
  switch (packet.readUInt32LE(0)) {
    case 1:
      return { type: 'step-done', step, nanoseconds: number, pid: Number(packet.readBigUInt64LE(24)) || null };
    case 2:
      return { type: 'step-failed', ...failure() };
    case 3:
      return { type: 'lookup', step };
    case 4:
      return { type: 'console' };
    case 5:
      return { type: 'started', pid: number };
    case 6:
      return { type: 'exited', waitStatus: number };
    case 7:
      return { type: 'note', ...failure() };
    case 8:
      return { type: 'bad-plan', step, offset: number };
    case 9:
      return { type: 'ready' };
    case 10:
      return { type: 'scope', step, child: number };
    case 11:
      return { type: 'cloned', pid: number };
    case 12:
      return { type: 'runtime-hooks', step, pid: number };
    case 13:
      return { type: 'created', step, pid: number };
    case 14:
      return { type: 'handed-over', pid: number };
    case 18:
      return { type: 'detached' };
    case 36:
      return { type: 'acknowledged' };
    default:
      throw new Error(`a message of unknown type ${packet.readUInt32LE(0)} came from the monitor`);
  }
}

/** What the launcher says. */
export type LauncherMessage =
  | {
      readonly type: 'answer';
      readonly uid: number;
      readonly gid: number;
      readonly groups: readonly number[];
      readonly home: string;
    }
  | { readonly type: 'signal'; readonly signal: number }
  | { readonly type: 'freeze' }
  | { readonly type: 'thaw' }
  | { readonly type: 'acknowledge' }
  /** Of the terminal that the monitor cannot see for itself. */
  | { readonly type: 'resize'; readonly rows: number; readonly columns: number }
  /** To a created container, on its start socket. */
  | { readonly type: 'go' };

/** Limits of `Answer` in native/sys/message.h. */
export const answerLimits = { groups: 2048, homeBytes: 4095 } as const;

const numbers = { answer: 32, signal: 33, freeze: 34, thaw: 35, acknowledge: 36, go: 37, resize: 40 } as const;

function argumentOf(message: LauncherMessage): number {
  if (message.type === 'signal') return message.signal;
  return message.type === 'resize' ? message.rows * 0x1_0000 + message.columns : 0;
}

export function encodeMessage(message: LauncherMessage): Uint8Array {
  const w = new ByteWriter();
  w.u32(numbers[message.type])
    .u32(0)
    .i32(0)
    .u32(0)
    .u64(BigInt(argumentOf(message)))
    .u64(0n);
  if (message.type !== 'answer') return w.bytes();
  const home = Buffer.from(`${message.home}\0`);
  w.u32(message.uid).u32(message.gid).u32(message.groups.length).u32(home.length);
  for (const group of message.groups) w.u32(group);
  w.raw(Buffer.alloc(4 * (answerLimits.groups - message.groups.length)));
  w.raw(home).raw(Buffer.alloc(answerLimits.homeBytes + 1 - home.length));
  return w.bytes();
}
