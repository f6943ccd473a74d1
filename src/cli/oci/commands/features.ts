/** tsrun-oci features: what this runtime can do, as a document. */
import { features } from '../../../container/oci/features.ts';
import { print } from '../../output.ts';
import type { OciCommand } from '../command.ts';

export const command: OciCommand = {
  usage: '',
  about: 'print what this runtime can do, as JSON',
  flags: [],
  words: 'own',
  failure: 1,
  async run() {
    print(JSON.stringify(features(), null, 2));
    return 0;
  },
};
