/** docker's exit codes, as its command line 28.2 gave them: for what there is not, in a wrong state, and for a line that is wrong. */
import { afterAll, beforeAll, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let kept: KeptHome;
beforeAll(async () => {
  kept = new KeptHome();
  await kept.text('load', '-q', '-i', busybox);
  await kept.detached('up', 'exec sleep 1000');
  await kept.text('create', '-q', '--name', 'fresh', 'busybox', 'true');
});
afterAll(() => kept.dispose());

/** The line cannot be read: a flag that there is not, has no value, or one that is no number, size or KEY=VALUE. */
const unread = [
  'ps --nonsense',
  'ps --last',
  'ps -n abc',
  'ps --filter nonsense',
  'images --filter nonsense',
  'volume ls --filter nonsense',
  'events --filter nonsense',
  'stop -t abc up',
  'restart -t abc up',
  'kill --signal',
  'update --memory abc up',
  'update --cpus abc up',
  'update --pids-limit abc up',
  'exec --nonsense up true',
  'create --nonsense busybox',
  'create --memory abc busybox',
  'run --nonsense busybox',
  'volume create --nonsense',
  'network create --nonsense n1',
  'rmi --nonsense',
  '--nonsense ps',
];

/** Words are missing, or there are too many, or no such command. */
const words = [
  'start',
  'stop',
  'logs',
  'logs up fresh',
  'exec up',
  'rename up',
  'run',
  'create',
  'rmi',
  'tag busybox',
  'images a b',
  'volume ls extra',
  'volume nonsense',
  'network nonsense',
  'system nonsense',
  'container nonsense',
  'nonsense',
];

/** What was asked for cannot be. */
const refused = [
  'ps --filter nonsense=1',
  'ps --filter status=nonsense',
  'ps --format {{.Nonsense}}',
  'ps --format {{',
  'start nobody',
  'start -a up fresh',
  'stop nobody',
  'kill fresh',
  'kill -s NONSENSE up',
  'rm up',
  'pause fresh',
  'unpause up',
  'rename up @@bad',
  'wait nobody',
  'update up',
  'update --restart nonsense up',
  'logs --since gestern up',
  'exec fresh true',
  'exec nobody true',
  'attach fresh',
  'cp a b',
  'cp up:/nonsense .',
  'commit --change NONSENSE up x',
  'inspect nobody',
  'inspect --type nonsense up',
  'port up 80',
  'top fresh',
  'create --name up busybox',
  'volume rm nobody',
  'volume create @@bad',
  'network rm nobody',
  'image inspect nobody',
  'rmi nobody',
  'tag nobody x',
  'history nobody',
  'save nobody',
  'load -i /nonsense',
  'import /nonsense',
  'push nobody-image',
];

const ofCommands = [
  ['run --rm busybox nonsense', 127],
  ['run --rm busybox /etc', 126],
  ['run --rm --network nonsense busybox true', 125],
  ['run --rm -u nobody-there busybox true', 125],
  ['exec up nonsense', 127],
  ['exec up /etc', 126],
  ['exec -u nobody-there up true', 126],
] as const;

const test = requires();
for (const [line, status] of [
  ...unread.map((line) => [line, 125] as const),
  ...words.map((line) => [line, 1] as const),
  ...refused.map((line) => [line, 1] as const),
  ...ofCommands,
]) {
  test(`tsrun ${line} ends with ${status}`, async () => {
    const { exitCode, stderr } = await kept.run(...line.split(' '));
    expect({ exitCode, stderr }).toMatchObject({ exitCode: status, stderr: expect.stringMatching(/^tsrun: /) });
  });
}
