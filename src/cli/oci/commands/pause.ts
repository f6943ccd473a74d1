/** tsrun-oci pause: every process stands still, and keeps its memory. */
import { pauseContainer } from '../../../container/oci/pause.ts';
import type { OciCommand } from '../command.ts';
import { onlyWord } from '../one-word.ts';

export const command: OciCommand = {
  usage: 'ID',
  about: 'stop all processes of a container where they are',
  flags: [],
  words: 'own',
  failure: 1,
  async run(line, session) {
    await pauseContainer(session.root, onlyWord(line));
    return 0;
  },
};
