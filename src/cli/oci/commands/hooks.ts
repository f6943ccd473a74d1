/** Runs the hooks of a kind for native/oci, which has done the rest of `start` or `delete` itself: hooks KIND DIRECTORY. */
import { runLateHooks } from '../../../container/oci/late-hooks.ts';
import { note } from '../../output.ts';
import type { OciCommand } from '../command.ts';

export const command: OciCommand = {
  usage: 'poststart|poststop DIRECTORY',
  about: 'run the hooks of a container, for tsrun-oci itself',
  flags: [],
  words: 'own',
  failure: 1,
  async run({ words: [kind, directory] }) {
    if (directory === undefined || (kind !== 'poststart' && kind !== 'poststop')) return 1;
    await runLateHooks(kind, directory, (text) => note(`tsrun-oci: ${text}`));
    return 0;
  },
};
