/**
 * kill -9 of commands and monitors while containers come to networks and leave them: after the next command interfaces, rules and leases
 * are those of the containers that run. And rounds of nothing but starts and ends, which leave everything as it was.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { tsrunPath } from '../support/fixture.ts';
import { HostNetwork } from '../support/host-network.ts';
import { busybox } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { processesIn } from '../support/store-processes.ts';

vi.setConfig({ testTimeout: 1_800_000 });
const test = requires('root', 'program-ip', 'program-nft');
/** The short form of a storm; CONTRIBUTING.md says how to run a long one. */
const rounds = Number(process.env['TSRUN_TESTS_KILLS'] ?? '200') / 40;
let seed = 20_261_123;
const random = (): number => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return seed / 0x7fff_ffff;
};

let host: HostNetwork;
let keeper: string;
let holders: ReadonlySet<string>;
beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  host = await HostNetwork.make();
  await host.out('network', 'create', '--subnet', '10.99.1.0/24', 'front');
  await host.out('network', 'create', '--subnet', '10.99.2.0/24', 'back');
  keeper = await host.detached('keeper', 'echo ready; exec sleep 100000', '--network', 'front');
  await host.kept.untilLogged('keeper', 'ready');
  holders = new Set(processesIn(host.kept.home.store));
});
afterAll(async () => {
  if (process.getuid?.() === 0) await host.dispose();
});

/** Everything of ours that a host can see. */
async function traces(): Promise<string> {
  const names = readdirSync(join(host.kept.home.state, 'networks'), { recursive: true }).map(String);
  const leases = names.filter((name) => name !== '.ports');
  // Indexes count on.
  const links = (await host.text('ip', '-brief', 'link')).replace(/@if\d+| {2,}.*$/gm, '');
  return `${links}\n${await host.text('nft', 'list', 'ruleset')}\n${leases.toSorted().join('\n')}`;
}

/** The kernel takes away a namespace, and the interfaces in it, a moment after the last process has left it. */
async function untilAs(before: string): Promise<void> {
  for (let tries = 0; (await traces()) !== before && tries < 100; tries++);
  expect(await traces()).toBe(before);
}

/** What was killed is dead, and so is what was to die with it. */
async function untilOnlyKeeper(): Promise<void> {
  while (processesIn(host.kept.home.store).some((pid) => !holders.has(pid)))
    await new Promise((resolve) => setImmediate(resolve));
}

/** Starts a command there, and kills what is asked for at that time. */
async function runAndKill(
  args: readonly string[],
  milliseconds: number,
  who: 'command' | 'monitors' = 'command',
): Promise<void> {
  const { env } = host.kept.home;
  const argv = [`--net=/proc/${host.pid}/ns/net`, '--', tsrunPath, ...args];
  const child = spawn('nsenter', argv, { env: { ...process.env, ...env, TSRUN_NETWORK: undefined }, stdio: 'ignore' });
  const gone = new Promise((resolve) => child.once('close', resolve));
  await Promise.race([after(milliseconds), gone]);
  if (who === 'command') child.kill('SIGKILL');
  else for (const pid of monitors()) process.kill(pid, 'SIGKILL');
  await gone;
}

/** All but the keeper's. */
const monitors = (): readonly number[] =>
  processesIn(host.kept.home.store)
    .filter((pid) => !holders.has(pid) && commandLine(pid).includes('\0monitor\0'))
    .map(Number);

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

const flags = ['-q', '--network', 'back', '--network', 'front', '-p', '8070:80', '-p', '0.0.0.0:8071:81'];

describe('a network whose containers come and go', () => {
  test(`is after ${rounds * 2} of them as it was`, async () => {
    const before = await traces();
    for (let i = 0; i < rounds * 2; i++) await host.out('run', '--rm', ...flags, busybox, 'true');
    await untilAs(before);
  });

  test(`has no trace of ${rounds} run that were killed, after the next command`, async () => {
    const before = await traces();
    for (let i = 0; i < rounds; i++) {
      await runAndKill(['run', '--rm', ...flags, busybox, 'sleep', '1000'], random() * 500);
      await untilOnlyKeeper();
      await host.out('ps');
      await untilAs(before);
    }
  });

  test(`has no trace of ${rounds} containers whose monitors were killed, after the next command`, async () => {
    const before = await traces();
    for (let i = 0; i < rounds; i++) {
      await runAndKill(['run', '-d', '--name', 'lost', ...flags, busybox, 'sleep', '1000'], random() * 500, 'monitors');
      for (const pid of monitors()) process.kill(pid, 'SIGKILL');
      await untilOnlyKeeper();
      const left = (await host.out('ps', '-aq', '--filter', 'name=lost')) !== '';
      await untilAs(before);
      if (left) await host.out('rm', 'lost');
    }
  });

  test(`takes and loses a container though ${rounds} connect and disconnect were killed over it`, async () => {
    const before = await traces();
    for (let i = 0; i < rounds; i++) {
      await runAndKill(['network', 'connect', 'back', 'keeper'], random() * 300);
      const again = await host.tsrun('network', 'connect', 'back', 'keeper');
      if (again.exitCode !== 0) expect(again.stderr).toContain('connected with it already');
      expect(await host.out('exec', 'keeper', 'ip', '-o', '-4', 'addr', 'show', 'eth1')).toContain('10.99.2.2/24');
      expect(await host.text('busybox', 'ping', '-c', '1', '-W', '60', '10.99.2.2')).toContain('1 packets received');
      await runAndKill(['network', 'disconnect', 'back', 'keeper'], random() * 300);
      const gone = await host.tsrun('network', 'disconnect', 'back', 'keeper');
      if (gone.exitCode !== 0) expect(gone.stderr).toContain('not connected with it');
      await host.out('ps');
      await untilAs(before);
    }
  });

  test(`is gone with its last container, though ${rounds} rm were killed over it`, async () => {
    await host.out('rm', '-f', keeper);
    holders = new Set();
    for (let i = 0; i < rounds; i++) {
      const id = await host.detached('last', 'exec sleep 1000', ...flags.slice(1));
      await runAndKill(['rm', '-f', id], random() * 400);
      const there = await host.out('ps', '-q', '--no-trunc');
      if (there === '') {
        await untilOnlyKeeper();
        await host.out('ps', '-a');
        await untilAs('lo\n\n');
      }
      await host.tsrun('rm', '-f', id);
      await untilAs('lo\n\n');
    }
  });
});
