/**
 * tsrun as a library: containers for programs and integration tests, in-process, without a daemon.
 *
 * @packageDocumentation
 */
export type { ContainerExit } from './container/exit.ts';
export type { DeviceRateOption } from './container/request/device-rate.ts';
export type { EnvOption } from './container/request/env.ts';
export type { KeyValues } from './container/request/key-value.ts';
export type {
  BindMountOptions,
  MountOption,
  TmpfsMountOptions,
  VolumeMountOptions,
} from './container/request/mount-options.ts';
export type { MacvlanOptions, NetworkOptions, VxlanOptions } from './container/request/network-create.ts';
export type {
  FilesystemOptions,
  HealthOptions,
  IdentityOptions,
  LimitOptions,
  NamespaceOptions,
  ProcessOptions,
  RunOptions,
  SecurityOptions,
} from './container/request/run-options.ts';
export type { UlimitOption } from './container/request/ulimit.ts';
export type { TerminalSize } from './container/terminal-size.ts';
export type { Measured } from './container/usage/reading.ts';
export { type ErrorCode, TsrunError, type TsrunErrorParts } from './errors/tsrun-error.ts';
export type { ImageProgress } from './image/progress.ts';
export type { Abortable } from './library/abort.ts';
export type { Attachment, AttachOptions } from './library/attach.ts';
export type { CommitOptions } from './library/commit.ts';
export type { CopyOptions, CopyResult, FileChange } from './library/copy.ts';
export { type CreateOptions, create } from './library/create.ts';
export { type ContainerEvent, type EventFilters, type EventsOptions, events } from './library/events.ts';
export type { Exec, ExecOptions } from './library/exec.ts';
export type { ContainerEnd, ContainerHealth, ContainerInspection, HealthProbe } from './library/inspection.ts';
export type { LogEntry, LogsOptions } from './library/logs.ts';
export {
  type ConnectOptions,
  type CreateNetworkOptions,
  createNetwork,
  type FaultOptions,
  type Network,
  openNetwork,
} from './library/networks.ts';
export { list, open } from './library/open.ts';
export type { PlaceOptions } from './library/places.ts';
export type { PublishedAddress } from './library/ports.ts';
export { type PullOptions, pull, push, type RegistryImage, type RegistryOptions } from './library/registries.ts';
export { type Container, type LibraryRunOptions, type RunResult, run } from './library/run.ts';
export type {
  AnyContainer,
  CreatedContainer,
  ExitedContainer,
  PausedContainer,
  RemoveOptions,
  RestartingContainer,
  RunningContainer,
  StartOptions,
  StopOptions,
} from './library/states.ts';
export type { StatsOptions, UsageSample } from './library/stats.ts';
export type { OutputOption, StdinOption } from './library/stdio.ts';
