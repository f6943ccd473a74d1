/** poststart and poststop: what fails in them is told, and undoes nothing (runtime-spec, runtime.md#lifecycle). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig, parseDocument } from '../../oci/parse/config.ts';
import { parseState } from '../state/state-file.ts';
import { runHooksWarning } from './hooks.ts';
import { stateJson } from './state-json.ts';

/** @param directory of the container */
export async function runLateHooks(
  kind: 'poststart' | 'poststop',
  directory: string,
  warn: (line: string) => void,
): Promise<void> {
  const state = parseState(readFileSync(join(directory, 'state'), 'utf8'));
  const config = parseConfig(parseDocument(readFileSync(join(directory, 'config.json')), 'config.json'));
  await runHooksWarning(
    {
      kind,
      hooks: config.hooks?.[kind] ?? [],
      state: stateJson(state, kind === 'poststart' ? 'running' : 'stopped', state.pid),
      directory: state.bundle,
    },
    warn,
  );
}
