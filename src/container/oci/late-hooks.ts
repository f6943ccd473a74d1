/** poststart and poststop, for native/oci, which has done the rest of `start` or `delete` itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig, parseDocument } from '../../oci/parse/config.ts';
import { parseState } from '../state/state-file.ts';
import { runHooksWarning, runPoststartHooks } from './hooks.ts';
import { stateJson } from './state-json.ts';

/**
 * @param directory of the container
 * @param warn gets what fails in poststop, which undoes nothing
 * @throws TsrunError STEP_FAILED for a hook of poststart that fails
 */
export async function runLateHooks(
  kind: 'poststart' | 'poststop',
  directory: string,
  warn: (line: string) => void,
): Promise<void> {
  const state = parseState(readFileSync(join(directory, 'state'), 'utf8'));
  const { hooks = {} } = parseConfig(parseDocument(readFileSync(join(directory, 'config.json')), 'config.json'));
  const { bundle, pid } = state;
  if (kind === 'poststart') {
    await runPoststartHooks(hooks.poststart ?? [], stateJson(state, 'running', pid), bundle);
    return;
  }
  const stopped = stateJson(state, 'stopped', pid);
  await runHooksWarning({ kind, hooks: hooks.poststop ?? [], state: stopped, directory: bundle }, warn);
}
