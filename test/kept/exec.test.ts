/** More processes in a container that lives. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { startOnTerminal } from '../support/tsrun.ts';

vi.setConfig({ testTimeout: 120_000 });
let kept: KeptHome;
beforeAll(async () => {
  kept = new KeptHome();
  await kept.detached('host', 'echo ready; sleep 1000', '-e', 'FROM=run', '--cap-drop', 'CHOWN');
});
afterAll(() => kept.dispose());
const test = requires();

const exec = (...args: readonly string[]) => kept.run('exec', ...args);

describe('exec', () => {
  test('gives the status of its command, and of signals', async () => {
    expect((await exec('host', 'sh', '-c', 'exit 4')).exitCode).toBe(4);
    expect((await exec('host', 'sh', '-c', 'kill -TERM $$')).exitCode).toBe(143);
  });

  test('says what cannot be run as run does', async () => {
    const missing = await exec('host', 'nosuch');
    expect(missing.exitCode).toBe(127);
    expect(missing.stderr).toContain('cannot start "nosuch": executable file not found in $PATH');
    expect((await exec('host', '/etc')).exitCode).toBe(126);
  });

  requires('rootless', 'subuid')('says of a user beyond the mapped ids what run says', async () => {
    const { stderr, exitCode } = await exec('-u', '4000000', 'host', 'true');
    expect(stderr).toContain('cannot become the user "4000000"');
    expect(stderr).toContain('the id is not mapped in the container’s user namespace');
    expect(stderr).toContain('hint: choose a smaller id with --user');
    expect(exitCode).toBe(126);
  });

  test('keeps output and error apart, and hands on input with -i', async () => {
    const running = kept.start('exec', '-i', 'host', 'sh', '-c', 'cat; echo err >&2');
    running.end('typed');
    expect(await running.outcome).toMatchObject({ stdout: 'typed', stderr: 'err\n', exitCode: 0 });
  });

  test('has the namespaces, filter, capabilities and environment of the container', async () => {
    const script =
      'readlink /proc/self/ns/* | sort; grep -E "^(Cap|Seccomp|NoNew)" /proc/self/status; echo $FROM $HOME';
    const one = await exec('host', 'sh', '-c', script);
    const other = await exec('host', 'nsenter', '--version');
    expect(other.exitCode).not.toBe(126);
    const ofPid1 = await exec(
      'host',
      'sh',
      '-c',
      'readlink /proc/1/ns/* | sort; grep -E "^(Cap|Seccomp|NoNew)" /proc/1/status; echo run /root',
    );
    expect(one.stdout).toBe(ofPid1.stdout);
  });

  test('takes variables, a directory and a user of its own', async () => {
    const flags = ['-e', 'A=1', '-e', 'FROM=exec', '-w', '/tmp', '-u', '65534:12'];
    expect((await exec(...flags, 'host', 'sh', '-c', 'echo $A $FROM $PWD; id -u; id -g')).stdout).toBe(
      '1 exec /tmp\n65534\n12\n',
    );
    expect((await exec('-u', 'nosuch', 'host', 'true')).stderr).toContain('nosuch');
  });

  test('--privileged and --cap-add give more', async () => {
    const caps = async (...flags: readonly string[]) =>
      (await exec(...flags, 'host', 'sh', '-c', 'grep CapEff /proc/self/status')).stdout.trim().slice(-16);
    const plain = BigInt(`0x${await caps()}`);
    expect(plain & 1n).toBe(0n);
    expect(BigInt(`0x${await caps('--cap-add', 'CHOWN')}`)).toBe(plain | 1n);
    // All that run --privileged would give: as root what this process may have, which is not everything everywhere.
    const bounding = /^CapBnd:\s+(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    const last = BigInt(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'));
    const all = process.getuid?.() === 0 ? BigInt(`0x${bounding}`) : (1n << (last + 1n)) - 1n;
    expect(BigInt(`0x${await caps('--privileged')}`)).toBe(all);
  });

  test('with -t there is a terminal, with its size, and Ctrl-C', async () => {
    // Not `read`: ash misses a signal that comes after its look for traps and before it blocks, 3 of 800.
    const running = startOnTerminal(
      ['exec', '-it', 'host', 'sh', '-c', 'trap "exit 9" INT; stty size; while :; do sleep 0.1; done'],
      {
        env: kept.home.env,
        rows: 50,
        columns: 200,
      },
    );
    await running.until('50 200');
    running.write('\u0003');
    expect((await running.outcome).exitCode).toBe(9);
  });

  test('in the background it goes on', async () => {
    await kept.text('exec', '-d', 'host', 'sh', '-c', 'sleep 0.1; touch /was-here; sleep 1000');
    await kept.text('exec', 'host', 'sh', '-c', 'while [ ! -e /was-here ]; do sleep 0.02; done');
  });

  test('reads no flags behind the name', async () => {
    expect((await exec('host', 'echo', '-i', '--help')).stdout).toBe('-i --help\n');
  });

  test('fifty at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, n) => exec('host', 'sh', '-c', `echo ${n}`)));
    expect(outcomes.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 50 }, (_, n) => `${n}\n`));
  });
});
