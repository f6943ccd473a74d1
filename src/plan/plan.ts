/**
 * A container as a plan: the typed, ordered list of kernel steps that native code carries out.
 *
 * Three actors carry it out, and the kind of a step says which. In list order:
 *
 * - the *monitor*, before the clone: control groups, trees that only the launching user may open;
 * - the *monitor*, after the clone, while the new process waits: id maps, room for rlimits, the OOM score;
 * - the *init* process, inside the new namespaces, up to the exec of the entrypoint.
 *
 * A plan is data: `--dry-run` prints it, `--explain` narrates it, native/plan decodes it. Paths inside the container are
 * absolute and are resolved by native code below the root's file descriptor (openat2, RESOLVE_IN_ROOT).
 */
import type {
  CgroupAttach,
  Forward,
  IdMapStep,
  Macvlan,
  NetDevice,
  OomScoreAdj,
  Pasta,
  RaiseRlimit,
  Veth,
} from './steps/after-clone.ts';
import type {
  Anchor,
  CgroupCreate,
  CgroupDevices,
  CgroupEnable,
  CgroupEnter,
  CgroupScope,
  CgroupWrite,
  Clone,
  Join,
  OpenTree,
  TakeFile,
} from './steps/before-clone.ts';
import type {
  Bind,
  Chroot,
  Device,
  Directory,
  MaskPath,
  Mount,
  OpenPath,
  Overlay,
  PivotRoot,
  ProcHandle,
  ReadonlyPath,
  Remount,
  RootfsBind,
  RootPropagation,
  RootReadonly,
  Symlink,
} from './steps/filesystem.ts';
import type {
  BecomeRoot,
  BoundingSet,
  Capabilities,
  CloseFiles,
  Console,
  ContainerHooks,
  CpuAffinity,
  Domainname,
  Exec,
  ExecLabel,
  FindCommand,
  Hostname,
  IoPriority,
  Lookup,
  Loopback,
  MemoryPolicy,
  NoNewPrivileges,
  Personality,
  PreserveFiles,
  Rlimit,
  RuntimeHooks,
  Scheduler,
  Seccomp,
  Session,
  Sysctl,
  TimeNamespace,
  User,
  WaitStart,
  WorkingDirectory,
} from './steps/process.ts';

export type * from './steps/after-clone.ts';
export type * from './steps/before-clone.ts';
export type * from './steps/filesystem.ts';
export type * from './steps/process.ts';
export type * from './steps/terms.ts';

export type MonitorStep =
  | CgroupCreate
  | CgroupEnable
  | CgroupEnter
  | CgroupScope
  | CgroupWrite
  | CgroupDevices
  | OpenTree
  | TakeFile
  | Join
  | Anchor
  | Clone;

export type ParentStep =
  | CgroupAttach
  | IdMapStep
  | NetDevice
  | Veth
  | Macvlan
  | Pasta
  | Forward
  | RaiseRlimit
  | OomScoreAdj;

/** About mounts and files. */
export type FilesystemStep =
  | OpenPath
  | RootPropagation
  | ProcHandle
  | Overlay
  | RootfsBind
  | Mount
  | Remount
  | Bind
  | Device
  | Symlink
  | Directory
  | PivotRoot
  | Chroot
  | RootReadonly
  | MaskPath
  | ReadonlyPath;

/** About everything else that a process has. */
export type ProcessStep =
  | PreserveFiles
  | BecomeRoot
  | TimeNamespace
  | Loopback
  | Lookup
  | RuntimeHooks
  | Hostname
  | Domainname
  | Sysctl
  | Session
  | Console
  | FindCommand
  | WaitStart
  | ContainerHooks
  | Scheduler
  | IoPriority
  | CpuAffinity
  | Personality
  | MemoryPolicy
  | ExecLabel
  | BoundingSet
  | Seccomp
  | User
  | Capabilities
  | WorkingDirectory
  | NoNewPrivileges
  | CloseFiles
  | Rlimit
  | Exec;

export type InitStep = FilesystemStep | ProcessStep;

/** One step. The kind decides who carries it out. */
export type Step = MonitorStep | ParentStep | InitStep;

/** The whole list, in the order of execution. */
export interface Plan {
  readonly version: 1;
  readonly steps: readonly Step[];
}
