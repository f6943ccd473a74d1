/** Says why a start failed, for native/oci, which got the message from init: explain DIRECTORY MESSAGE ROOT-FD. */
import { explainStart } from '../../../container/oci/explain-start.ts';
import type { OciCommand } from '../command.ts';

export const command: OciCommand = {
  usage: 'DIRECTORY MESSAGE FD',
  about: 'say why a container did not start, for tsrun-oci itself',
  flags: [],
  words: 'command',
  failure: 1,
  async run({ words: [directory = '', message = '', root = '-1'] }) {
    throw explainStart(directory, Buffer.from(message, 'hex'), Number(root));
  },
};
