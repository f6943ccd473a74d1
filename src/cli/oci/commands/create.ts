/** tsrun-oci create: a container up to its command, which waits for `start`. */
import { createContainer } from '../../../container/oci/create.ts';
import type { OciCommand } from '../command.ts';
import { createFlags, createRequest } from '../create-flags.ts';
import { withWarnings } from '../report.ts';

export const command: OciCommand = {
  usage: '[flags] ID',
  about: 'create a container from a bundle',
  flags: createFlags,
  words: 'own',
  failure: 1,
  async run(line, session) {
    const request = createRequest(line, session);
    await withWarnings(session.log, (notice) => createContainer(request, { notice }));
    return 0;
  },
};
