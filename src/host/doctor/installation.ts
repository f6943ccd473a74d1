/** Checks of tsrun itself: Node and the native parts. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { nativeArtefact } from '../helper.ts';
import { seccompVersion } from '../native-versions.ts';
import { type Check, fail, ok } from './check.ts';
import type { Machine } from './machine.ts';

export function checkNode({ node }: Machine): Check {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const enough = major > 20 || (major === 20 && minor >= 19);
  return enough
    ? ok('node', `Node ${node}`)
    : fail('node', `Node ${node} is older than 20.19`, 'install Node 20.19 or newer');
}

export function checkNative(): Check {
  const name = 'native parts';
  try {
    nativeArtefact('tsrun-init');
    nativeArtefact('tsrun.node');
  } catch (error) {
    if (!(error instanceof TsrunError)) throw error;
    return fail(name, error.message, error.hint);
  }
  const version = seccompVersion();
  return version === null
    ? fail(name, 'build/Release/tsrun.node does not load into this Node', 'npm run build:native')
    : ok(name, `built, with libseccomp ${version}`);
}
