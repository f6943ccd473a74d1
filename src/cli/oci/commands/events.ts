/** tsrun-oci events: what a container uses, once or again and again. */
import { followStatistics, statisticsLine } from '../../../container/oci/statistics.ts';
import { durationMilliseconds } from '../../../container/request/duration.ts';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import { flag } from '../../flags.ts';
import { print } from '../../output.ts';
import { isSet, lastOf, type OciCommand } from '../command.ts';
import { onlyWord } from '../one-word.ts';

export const command: OciCommand = {
  usage: '[--stats] [--interval DURATION] ID',
  about: 'print what a container uses, and when memory runs out',
  flags: [flag('switch', '--stats', 'once', ''), flag('value', '--interval DURATION', 'how often: 5s, 500ms', '')],
  words: 'own',
  failure: 1,
  async run(line, session) {
    const id = onlyWord(line);
    const interval = milliseconds(lastOf(line, 'interval') ?? '5s');
    if (isSet(line, 'stats')) print(statisticsLine(session.root, id));
    else await followStatistics(session.root, id, interval, print);
    return 0;
  },
};

function milliseconds(text: string): number {
  const value = durationMilliseconds(text) ?? 0;
  // The longest that a timer waits.
  if (value > 0 && value < 2 ** 31) return value;
  throw new TsrunError('USAGE', `--interval cannot be "${text}"`, { why: 'it is a time such as 5s or 500ms' });
}
