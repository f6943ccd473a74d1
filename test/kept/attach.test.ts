/** Several who look at one container, and type into it. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { startOnTerminal } from '../support/tsrun.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires();

/** Prints what it is told line by line. */
const echoing =
  'echo ready; while read line; do [ "$line" = end ] && exit 4; echo "<$line>"; echo "($line)" >&2; done; exit 9';

/** Made with -i and not with -d: as in docker its input ends with that of the first who attaches. */
async function created(name: string): Promise<void> {
  await kept.text('create', '-iq', '--name', name, busybox, 'sh', '-c', echoing);
  await kept.text('start', name);
  await kept.untilLogged(name, 'ready');
}

describe('attach', () => {
  test('shows what is printed from then on, each stream on its own, and ends with the container', async () => {
    await kept.detached('talk', echoing, '-i');
    await kept.untilLogged('talk', 'ready');
    const one = kept.start('attach', 'talk');
    const other = kept.start('attach', '--no-stdin', 'talk');
    await kept.untilAttached('talk', 2);
    one.write('first\n');
    await one.until('(first)');
    await other.until('(first)');
    one.write('end\n');
    expect(await one.outcome).toMatchObject({ stdout: '<first>\n', stderr: '(first)\n', exitCode: 4 });
    expect(await other.outcome).toMatchObject({ stdout: '<first>\n', stderr: '(first)\n', exitCode: 4 });
    await kept.text('rm', 'talk');
  });

  test('of run -d -i leaves the input open when its own ends', async () => {
    await kept.detached('open', echoing, '-i');
    await kept.untilLogged('open', 'ready');
    const first = kept.start('attach', 'open');
    first.end('one\n');
    await first.until('(one)');
    const second = kept.start('attach', 'open');
    second.write('end\n');
    expect((await second.outcome).exitCode).toBe(4);
    expect((await first.outcome).exitCode).toBe(4);
    await kept.text('rm', 'open');
  });

  test('of create -i passes the end of the input on', async () => {
    await created('once');
    const attached = kept.start('attach', 'once');
    attached.end('one\n');
    expect(await attached.outcome).toMatchObject({ stdout: '<one>\n', stderr: '(one)\n', exitCode: 9 });
    await kept.text('rm', 'once');
  });

  test('takes a large input, and every byte of it', async () => {
    await kept.text('create', '-iq', '--name', 'large', busybox, 'sh', '-c', 'sleep 0.3; wc -c');
    await kept.text('start', 'large');
    const attached = kept.start('attach', 'large');
    attached.end(Buffer.alloc(3_000_000, 'x'));
    expect((await attached.outcome).stdout).toBe('3000000\n');
    await kept.text('rm', 'large');
  });

  test('passes signals on, or keeps them', async () => {
    await kept.detached('signals', 'trap "echo int; exit 6" INT; echo ready; while :; do sleep 0.05 & wait $!; done');
    await kept.untilLogged('signals', 'ready');
    const alone = kept.start('attach', '--sig-proxy=false', 'signals');
    const passing = kept.start('attach', 'signals');
    await kept.untilAttached('signals', 2);
    alone.signal('SIGINT');
    expect((await alone.outcome).signal).toBe('SIGINT');
    passing.signal('SIGINT');
    expect(await passing.outcome).toMatchObject({ stdout: 'int\n', exitCode: 6 });
    await kept.text('rm', 'signals');
  });

  test('that does not read never makes the container wait, and is told what it missed', async () => {
    // Far more than a socket holds; then a word that comes when the reader is back.
    await kept.detached('flood', 'read go; seq 300000; echo > /done; read go; echo last', '-i');
    const slow = kept.start('attach', '--no-stdin', 'flood');
    await kept.untilAttached('flood', 1);
    slow.signal('SIGSTOP');
    const typist = kept.start('attach', 'flood');
    await kept.untilAttached('flood', 2);
    typist.write('go\n');
    // It came to its end although nobody reads.
    while ((await kept.run('exec', 'flood', 'test', '-e', '/done')).exitCode !== 0);
    slow.signal('SIGCONT');
    await slow.until(/\d+ bytes were not shown/);
    typist.write('go\n');
    const { stdout, stderr, exitCode } = await slow.outcome;
    expect(exitCode).toBe(0);
    expect(stdout.endsWith('last\n')).toBe(true);
    // As often as it was too slow.
    const missed = [...stderr.matchAll(/(\d+) bytes were not shown/g)].reduce(
      (sum, [, bytes]) => sum + Number(bytes),
      0,
    );
    const all = Array.from({ length: 300_000 }, (_, i) => `${i + 1}\n`).join('').length + 'last\n'.length;
    expect(stdout.length + missed).toBe(all);
    await typist.outcome;
    await kept.text('rm', 'flood');
  });

  test('to what does not run, or to one too many, says why', async () => {
    await kept.text('create', '-q', '--name', 'still', busybox, 'true');
    const { stderr, exitCode } = await kept.run('attach', 'still');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('cannot attach to container "still"');
    await kept.text('rm', 'still');
  });

  test('does not keep the monitor from ending, nor from being at rest again', async () => {
    await kept.detached('many', echoing, '-i');
    const clients = Array.from({ length: 16 }, () => kept.start('attach', '--no-stdin', 'many'));
    await kept.untilAttached('many', 16);
    const { stderr } = await kept.run('attach', 'many');
    expect(stderr).toContain('as many are attached to it as there can be');
    for (const client of clients) client.signal('SIGKILL');
    await Promise.all(clients.map((client) => client.outcome));
    const again = kept.start('attach', 'many');
    again.write('end\n');
    expect((await again.outcome).exitCode).toBe(4);
    await kept.text('rm', 'many');
  });
});

describe('start', () => {
  test('-a -i on a terminal is as run -it, and leaves it running when the terminal goes', async () => {
    const { env } = kept.home;
    await kept.text('create', '-itq', '--name', 'tty', busybox, 'sh');
    const first = startOnTerminal(['start', '-ai', 'tty'], { env, rows: 30, columns: 90 });
    await first.until('# ');
    first.write('stty size\n');
    await first.until('30 90');
    first.resize(31, 91);
    first.write('while [ "$(stty size)" != "31 91" ]; do sleep 0.1; done; echo re""sized\n');
    await first.until('resized');
    first.signal('SIGKILL');
    await first.outcome;
    expect(await kept.text('ps', '--format', '{{.Names}} {{.State}}')).toBe('tty running');
    const second = startOnTerminal(['start', '-ai', 'tty'], { env });
    second.write('exit 8\n');
    expect((await second.outcome).exitCode).toBe(8);
    await kept.text('rm', 'tty');
  });

  test('-a of several is refused', async () => {
    expect((await kept.run('start', '-a', 'one', 'two')).stderr).toContain('there is one terminal here');
  });
});
