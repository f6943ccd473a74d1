/** The processes of a container, from both sides. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect } from 'vitest';
import { KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires();
/** Says that it is ready when its child is `sleep 1000`: until its exec the child is a shell. */
const sleeping = 'sleep 1000 & until grep -q ^sleep /proc/$!/comm; do sleep 0.01; done; echo ready';
const rows = async (name: string, template: string): Promise<readonly string[]> =>
  (await kept.text('ps', '--format', template, name)).split('\n');

for (const pid of ['private', 'host']) {
  test(`with --pid ${pid}: every process with its number on the host and inside, and its user as inside`, async () => {
    const script = `echo "nobodyhere:x:77:77::/:/bin/sh" >> /etc/passwd; ${sleeping}; wait`;
    await kept.detached('both', script, '--pid', pid);
    await kept.untilLogged('both', 'ready');
    const exec = kept.start('exec', '-u', '77', 'both', 'sh', '-c', 'echo in; exec sleep 2000');
    await exec.until('in');
    // It says so before it becomes what is looked for.
    while (!(await rows('both', '{{.Command}}')).includes('sleep 2000'));
    const first = await kept.inspect('both', '{{.State.Pid}}');
    const found = await rows('both', '{{.HostPID}} {{.PID}} {{.PPID}} {{.User}} {{.Command}}');
    expect(found.length).toBe(3);
    for (const row of found) {
      const [host = '', inside = ''] = row.split(' ');
      const numbers = /^NSpid:\t(.*)$/m.exec(readFileSync(`/proc/${host}/status`, 'utf8'))?.[1]?.split('\t');
      expect(inside).toBe(numbers?.at(-1));
    }
    const [shell = '', sleep = '', run = ''] = found;
    const one = pid === 'host' ? first : '1';
    expect(shell).toMatch(new RegExp(`^${first} ${one} 0 root sh -c`));
    expect(sleep).toMatch(new RegExp(` ${one} root sleep 1000$`));
    expect(run).toMatch(/ 0 nobodyhere sleep 2000$/);
    expect(await kept.text('top', 'both')).toMatch(
      /^HOST PID +PID +PPID +USER +STAT +STARTED +TIME +COMMAND\n\d+ +\d+ +0 +root +S +\d\d:\d\d +0:00 +sh -c /,
    );
    expect((await kept.text('ps', '-q', 'both')).split('\n').length).toBe(3);
    exec.signal('SIGKILL');
    await exec.outcome;
    await kept.text('rm', '-f', 'both');
  });
}

test('a process in a pid namespace of the container’s own has a number in each', async () => {
  await kept.detached('nested', 'unshare -pf sh -c "echo ready; sleep 3000"; true', '--privileged');
  await kept.untilLogged('nested', 'ready');
  const found = await rows('nested', '{{.PID}} {{.Command}}');
  expect(found.filter((row) => row.includes('sleep 3000') && /^\d+\/\d+ /.test(row)).length).toBeGreaterThan(0);
  expect(found[0]).toMatch(/^1 sh -c/);
  await kept.text('rm', '-f', 'nested');
});

test('options of ps give its columns, of the container’s processes alone', async () => {
  await kept.detached('plain', `${sleeping}; wait`);
  await kept.untilLogged('plain', 'ready');
  const lines = (await kept.text('top', 'plain', '-eo', 'pid,args')).split('\n');
  expect(lines.map((line) => line.trim().replace(/^\d+ /, ''))).toEqual([
    expect.stringMatching(/^PID +COMMAND$/),
    expect.stringContaining('sh -c'),
    'sleep 1000',
  ]);
  expect((await kept.run('top', 'plain', '-eo', 'args')).stderr).toContain('they leave the PID column out');
  await kept.text('rm', '-f', 'plain');
});

test('of one that does not run there are none', async () => {
  await kept.detached('over', 'true');
  await kept.text('wait', 'over');
  const { stderr, exitCode } = await kept.run('top', 'over');
  expect(stderr).toContain('cannot look at the processes of container "over"\n  it is not running: exited');
  expect(exitCode).toBe(1);
  await kept.text('rm', 'over');
});

test('a process cannot write to the terminal by its name', async () => {
  await kept.detached('rude', 'exec sh -c "echo ready; sleep 1000; true" "$(printf "a\\033[31mb")"');
  await kept.untilLogged('rude', 'ready');
  const text = await kept.text('top', 'rude');
  expect(text).toContain('a?[31mb');
  expect(text).not.toContain('\u001b');
  await kept.text('rm', '-f', 'rude');
});
