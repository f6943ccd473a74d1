/** tsrun-oci ps: the processes of a container, as ps(1) shows them or as a list of ids. */
import { spawnSync } from 'node:child_process';
import { containerProcesses } from '../../../container/oci/processes.ts';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import { flag } from '../../flags.ts';
import { print } from '../../output.ts';
import { lastOf, type OciCommand } from '../command.ts';

export const command: OciCommand = {
  usage: '[--format table|json] ID [PS-OPTIONS...]',
  about: 'show the processes of a container',
  flags: [flag('value', '-f, --format FORMAT', 'table, or json: the ids alone', '')],
  words: 'command',
  failure: 1,
  async run(line, session) {
    const format = lastOf(line, 'format') ?? 'table';
    const [id = '', ...options] = line.words;
    const pids = containerProcesses(session.root, id);
    if (format === 'json') {
      print(JSON.stringify(pids));
      return 0;
    }
    if (format !== 'table') {
      throw new TsrunError('USAGE', `--format cannot be "${format}"`, { why: 'it is table or json' });
    }
    print(table(pids, options.length === 0 ? ['-ef'] : options));
    return 0;
  },
};

/** The lines of ps(1) about these processes, and its headings. */
function table(pids: readonly number[], options: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync('ps', options, { encoding: 'utf8' });
  if (status !== 0)
    throw new TsrunError('HOST_UNSUPPORTED', 'cannot run ps', { why: stderr.trim() || 'it is not in PATH' });
  const [heading = '', ...lines] = stdout.split('\n');
  const column = heading.trim().split(/\s+/).indexOf('PID');
  if (column === -1)
    throw new TsrunError('USAGE', 'cannot use these options of ps', { why: 'they leave the PID column out' });
  const wanted = new Set(pids);
  const isWanted = (line: string): boolean => wanted.has(Number(line.trim().split(/\s+/)[column]));
  return [heading, ...lines.filter(isWanted)].join('\n');
}
