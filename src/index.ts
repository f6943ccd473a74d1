/**
 * tsrun as a library: containers for programs and integration tests, in-process, without a daemon.
 *
 * @packageDocumentation
 */
export type { ContainerExit } from './container/exit.ts';
export type { RunOptions } from './container/request/run-options.ts';
export { type ErrorCode, TsrunError } from './errors/tsrun-error.ts';
export type { ImageProgress } from './image/progress.ts';
export { type Container, type LibraryRunOptions, type RunResult, run } from './library/run.ts';
export type { OutputOption, StdinOption } from './library/stdio.ts';
