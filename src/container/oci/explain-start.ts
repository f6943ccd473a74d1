/** The words for a step that failed behind `start`: the plan is made again from what `create` had kept. */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseMessage } from '../../native/messages.ts';
import { parseConfig, parseDocument } from '../../oci/parse/config.ts';
import { asksListener } from '../../oci/seccomp/filter.ts';
import type { OciId } from '../state/container-id.ts';
import { parseState } from '../state/state-file.ts';
import { explainFailure } from '../step-report.ts';
import { planBundle } from './plan-bundle.ts';

/**
 * @param directory of the container
 * @param packet of init, as native/oci received it
 * @param root descriptor of the container's root, or -1
 */
export function explainStart(directory: string, packet: Buffer, root: number): Error {
  const failure = parseMessage(packet);
  if (failure.type !== 'step-failed') return new Error(`init said ${failure.type} in place of starting`);
  const state = parseState(readFileSync(join(directory, 'state'), 'utf8'));
  const document = readFileSync(join(directory, 'config.json'));
  const config = parseConfig(parseDocument(document, 'config.json'));
  const { plan } = planBundle({
    bundle: { path: state.bundle, config, document, rootfs: state.rootfs },
    id: state.id as OciId,
    root: dirname(directory),
    manager: 'cgroupfs',
    start: { type: 'on-go', file: 1 },
    console: { to: 'launcher' },
    // Only the order of the steps counts here.
    listenerFile: config.linux?.seccomp !== undefined && asksListener(config.linux.seccomp) ? 2 : null,
    preserved: [],
    keyring: 'new',
    rootChange: 'pivot-root',
  });
  // What stands before that step depends on the host's control groups; what comes after does not.
  const here = plan.steps.findIndex(({ kind }) => kind === 'wait-start');
  return explainFailure(plan, { ...failure, step: here + failure.step - state.startStep }, root);
}
