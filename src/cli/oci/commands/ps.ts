/** tsrun-oci ps: the processes of a container, as ps(1) shows them or as a list of ids. */
import { containerProcesses } from '../../../container/oci/processes.ts';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import { flag } from '../../flags.ts';
import { print } from '../../output.ts';
import { psTable } from '../../ps-table.ts';
import { lastOf, type OciCommand } from '../command.ts';
import { firstWord } from '../one-word.ts';

export const command: OciCommand = {
  usage: '[--format table|json] ID [PS-OPTIONS...]',
  about: 'show the processes of a container',
  flags: [flag('value', '-f, --format FORMAT', 'table, or json: the ids alone', '')],
  words: 'options',
  failure: 1,
  async run(line, session) {
    const format = lastOf(line, 'format') ?? 'table';
    const [id, options] = firstWord(line, 'ps takes an id, and options of ps(1) behind it');
    const pids = containerProcesses(session.root, id);
    if (format === 'json') {
      print(JSON.stringify(pids));
      return 0;
    }
    if (format !== 'table') {
      throw new TsrunError('USAGE', `--format cannot be "${format}"`, { why: 'it is table or json' });
    }
    print(psTable(pids, options.length === 0 ? ['-ef'] : options));
    return 0;
  },
};
