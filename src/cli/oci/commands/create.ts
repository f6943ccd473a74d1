/** tsrun-oci create: a container up to its command, which waits for `start`. */
import { createContainer } from '../../../container/oci/create.ts';
import { note } from '../../output.ts';
import type { OciCommand } from '../command.ts';
import { createFlags, createRequest } from '../create-flags.ts';

export const command: OciCommand = {
  usage: '[flags] ID',
  about: 'create a container from a bundle',
  flags: createFlags,
  words: 'own',
  failure: 1,
  async run(line, session) {
    const request = createRequest(line, session);
    await createContainer(request, { notice: (text) => note(`tsrun-oci: ${text}`) });
    return 0;
  },
};
