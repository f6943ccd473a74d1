/** tsrun-oci restore: refused as `checkpoint` is. */
import type { OciCommand } from '../command.ts';
import { notSupported } from './checkpoint.ts';

export const command: OciCommand = {
  usage: 'ID',
  about: 'not supported: the end of checkpoint',
  flags: [],
  words: 'any',
  failure: 1,
  async run() {
    throw notSupported('restore');
  },
};
