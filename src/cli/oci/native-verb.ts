/** The verbs of native/oci, for those that are made of them: `run` starts and deletes. */
import { spawnSync } from 'node:child_process';
import { nativeArtefact } from '../../host/helper.ts';
import type { OciSession } from './session.ts';

/** Runs one with this process's standard streams; it prints its own error. @returns its exit code */
export function nativeVerb(session: OciSession, words: readonly string[]): number {
  const log = session.log.file === null ? [] : ['--log', session.log.file, '--log-format', session.log.format];
  const { status } = spawnSync(nativeArtefact('tsrun-oci'), ['--root', session.root, ...log, ...words], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return status ?? 1;
}
