/** `network connect` and `network disconnect` while the container ends: one of them wins, the other says why, and nothing is left. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { HostNetwork } from '../support/host-network.ts';
import { requires } from '../support/requires.ts';
import type { Outcome } from '../support/tsrun.ts';

const test = requires('root', 'program-ip', 'program-nft');
let host: HostNetwork;
beforeAll(async () => {
  host = await HostNetwork.make();
  await host.out('network', 'create', '--subnet', '10.99.1.0/24', 'front');
  await host.out('network', 'create', '--subnet', '10.99.2.0/24', 'back');
});
afterAll(() => host.dispose());

const leases = (): readonly string[] =>
  readdirSync(join(host.kept.home.state, 'networks'), { recursive: true })
    .map(String)
    .filter((name) => name !== '.ports');

/** After the next command. The kernel takes away interfaces of a namespace a moment after it. */
async function untilNothing(): Promise<void> {
  await host.out('ps', '-a');
  const traces = async (): Promise<string> => {
    const links = (await host.text('ip', '-brief', 'link')).replace(/ {2,}.*$/gm, '');
    return `${links}\n${await host.text('nft', 'list', 'ruleset')}\n${leases().join('\n')}`;
  };
  for (let tries = 0; (await traces()) !== 'lo\n\n' && tries < 100; tries++);
  expect(await traces()).toBe('lo\n\n');
}

/** It has done it, or says in words why it could not. */
function expectSaid({ stderr, exitCode }: Outcome, why: RegExp): void {
  if (exitCode === 0) expect(stderr).toBe('');
  else expect(stderr).toMatch(why);
}

/** Ends when its input does: a little later in each round, so that the two meet everywhere on their ways. */
const ending = (round: number): string => `sleep 0.${String(round).padStart(2, '0')}`;
const rounds = [5, 15, 30];

describe('a container that ends while it is', () => {
  test('connected is removed with all it had, or has the network at its next start', async () => {
    for (const round of rounds) {
      await host.detached('passing', ending(round), '--rm', '--network', 'front');
      expectSaid(await host.tsrun('network', 'connect', 'back', 'passing'), /no such container: passing/);
      await host.tsrun('wait', '--condition', 'removed', 'passing');
      await untilNothing();

      await host.detached('staying', ending(round), '--network', 'front');
      // One that does not run has it from its next start on: there is nothing that could go wrong.
      expect((await host.tsrun('network', 'connect', 'back', 'staying')).exitCode).toBe(0);
      await host.out('wait', 'staying');
      await untilNothing();
      expect(await host.kept.inspect('staying', '{{len .NetworkSettings.Networks}}')).toBe('2');
      await host.out('rm', 'staying');
    }
  });

  test('disconnected, has the one network less from then on, and nothing of either is left', async () => {
    for (const round of rounds) {
      const both = ['--network', 'front', '--network', 'back', '-p', '8085:80'];
      await host.detached('passing', ending(round), '--rm', ...both);
      expectSaid(await host.tsrun('network', 'disconnect', 'front', 'passing'), /no such container: passing/);
      await host.tsrun('wait', '--condition', 'removed', 'passing');
      await untilNothing();

      await host.detached('staying', ending(round), ...both);
      expect((await host.tsrun('network', 'disconnect', 'front', 'staying')).exitCode).toBe(0);
      await host.out('wait', 'staying');
      await untilNothing();
      expect(await host.kept.inspect('staying', '{{len .NetworkSettings.Networks}}')).toBe('1');
      await host.out('rm', 'staying');
    }
  });

  test('connected and killed, stopped and removed at once', async () => {
    for (const verb of [
      ['kill', 'con'],
      ['stop', '-t', '0', 'con'],
      ['rm', '-f', 'con'],
      ['restart', '-t', '0', 'con'],
    ] as const) {
      await host.detached('con', 'exec sleep 1000', '--network', 'front');
      const [connected, disconnected, ended] = await Promise.all([
        host.tsrun('network', 'connect', 'back', 'con'),
        host.tsrun('network', 'disconnect', 'front', 'con'),
        host.tsrun(...verb),
      ]);
      expect({ verb, ...ended }).toMatchObject({ verb, exitCode: 0 });
      expectSaid(connected, /no such container: con/);
      expectSaid(disconnected, /no such container: con/);
      await host.tsrun('rm', '-f', 'con');
      await untilNothing();
    }
  });
});
