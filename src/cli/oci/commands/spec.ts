/** tsrun-oci spec: a config.json to begin with. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exampleDocument } from '../../../container/oci/example-document.ts';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import { flag } from '../../flags.ts';
import { isSet, lastOf, type OciCommand } from '../command.ts';

export const command: OciCommand = {
  usage: '[--rootless] [--bundle DIR]',
  about: 'write a config.json to begin with',
  flags: [
    flag('value', '-b, --bundle DIR', 'where to; the current directory without it', ''),
    flag('switch', '--rootless', 'for a container of an ordinary user', ''),
  ],
  words: 'own',
  failure: 1,
  async run(line) {
    const path = join(lastOf(line, 'bundle') ?? '.', 'config.json');
    if (existsSync(path)) {
      throw new TsrunError('USAGE', `cannot write ${path}`, { why: "it exists, and may be somebody's work" });
    }
    writeFileSync(path, exampleDocument(isSet(line, 'rootless') ? 'rootless' : 'root'), { mode: 0o644 });
    return 0;
  },
};
