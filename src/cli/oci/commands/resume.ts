/** tsrun-oci resume: the end of `pause`. */
import { resumeContainer } from '../../../container/oci/pause.ts';
import type { OciCommand } from '../command.ts';
import { onlyWord } from '../one-word.ts';

export const command: OciCommand = {
  usage: 'ID',
  about: 'let a paused container go on',
  flags: [],
  words: 'own',
  failure: 1,
  async run(line, session) {
    await resumeContainer(session.root, onlyWord(line));
    return 0;
  },
};
