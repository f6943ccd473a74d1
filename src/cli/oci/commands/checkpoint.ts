/** tsrun-oci checkpoint: refused, --help included, because podman takes its status for the answer whether it works. */
import { TsrunError } from '../../../errors/tsrun-error.ts';
import type { OciCommand } from '../command.ts';

export const notSupported = (verb: 'checkpoint' | 'restore'): TsrunError =>
  new TsrunError('HOST_UNSUPPORTED', `tsrun-oci cannot ${verb} containers`, {
    why: 'saving and restoring processes by CRIU is not built',
    hint: 'pause keeps a container standing still, in memory',
  });

export const command: OciCommand = {
  usage: 'ID',
  about: 'not supported: save a container by CRIU',
  flags: [],
  words: 'any',
  failure: 1,
  async run() {
    throw notSupported('checkpoint');
  },
};
