/** `network fault`: what comes to containers is late, lost, slow, or cut off. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { HostNetwork } from '../support/host-network.ts';
import { busybox } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

const test = requires();
let host: HostNetwork;
beforeAll(async () => {
  host = await HostNetwork.make();
  await host.out('network', 'create', 'front');
  const serve = 'mkdir /www; echo hello > /www/index.html; httpd -h /www; echo ready; exec sleep 1000';
  for (const name of ['web', 'other']) {
    await host.detached(name, serve, '--network', 'front');
    await host.kept.untilLogged(name, 'ready');
  }
});
afterAll(() => host.dispose());

/** From the one to the other. */
const reach = (from: string, to: string): Promise<string> =>
  host.out('exec', from, 'sh', '-c', `nc -w 2 ${to} 80 </dev/null 2>/dev/null && echo reached || echo not`);

/** The kernel takes up to a second to tell routes of an interface that its carrier is back. */
async function untilReached(from: string, to: string): Promise<void> {
  while ((await reach(from, to)) !== 'reached');
}

describe('network fault', () => {
  test('--cut keeps everybody away from a container, until all is clear', async () => {
    expect(await reach('other', 'web')).toBe('reached');
    expect(await host.out('network', 'fault', 'web', '--cut')).toBe('web');
    expect(await reach('other', 'web')).toBe('not');
    expect(await reach('web', 'other')).toBe('not');
    expect(await host.out('net', 'web')).toMatch(/^ {2}fault {2}cut: nothing comes or goes +tc qdisc show dev ve/m);
    expect(await host.out('net', 'other')).not.toMatch(/^ {2}fault /m);
    expect(await host.out('network', 'fault', 'web', '--clear')).toBe('web');
    await untilReached('other', 'web');
  });

  test('of a network is of all containers on it, and goes with them', async () => {
    expect((await host.out('network', 'fault', 'front', '--cut')).split('\n').toSorted()).toEqual(['other', 'web']);
    await host.out('restart', '-t', '0', 'web');
    await host.kept.untilLogged('web', 'ready\nready');
    expect(await reach('other', 'web')).toBe('not');
    await host.out('network', 'fault', 'other', '--clear');
    await untilReached('other', 'web');
  });

  requires(
    'root',
    'program-tc',
    'program-nft',
  )('--rate is a token bucket where packets leave for the container', async () => {
    const name = await host.kept.inspect('web', '{{.Id}}');
    const shown = (): Promise<string> => host.text('tc', 'qdisc', 'show', 'dev', `ve${name.slice(0, 10)}-0`);
    await host.out('network', 'fault', 'web', '--rate', '8mbit');
    expect(await shown()).toMatch(/^qdisc tbf \w+: root .*rate 8Mbit burst 10000b lat 4\d\d(\.\d)?ms/);
    await host.out('network', 'fault', 'web', '--rate', '40gbit');
    expect(await shown()).toMatch(/rate 40Gbit/);
    expect(await host.out('net', 'web')).toMatch(/^ {2}fault {2}slow: no more than 40gbit comes to it /m);
    await host.out('network', 'fault', 'web', '--clear');
    expect(await shown()).not.toMatch(/tbf/);
    expect(await host.out('net', 'web')).not.toMatch(/^ {2}fault /m);
  });

  requires(
    'root',
    'program-tc',
    'netem',
  )('--latency, --jitter and --loss are those of netem', async () => {
    const name = await host.kept.inspect('web', '{{.Id}}');
    const shown = (): Promise<string> => host.text('tc', 'qdisc', 'show', 'dev', `ve${name.slice(0, 10)}-0`);
    const all = ['--latency', '100ms', '--jitter', '10ms', '--loss', '1%', '--rate', '8mbit'];
    await host.out('network', 'fault', 'web', ...all);
    expect(await host.out('net', 'web')).toContain('late by 100ms more or less by 10ms, 1% lost, no more than 8mbit');
    expect(await shown()).toMatch(/^qdisc netem \w+: root .*limit 20000 delay 100ms {2}10ms loss 1% rate 8Mbit/);
    await host.out('network', 'fault', 'web', '--latency', '300ms');
    const [, milliseconds] =
      /time=([\d.]+) ms/.exec(await host.out('exec', 'other', 'ping', '-c', '1', '-W', '60', 'web')) ?? [];
    expect(Number(milliseconds)).toBeGreaterThanOrEqual(300);
    await host.out('network', 'fault', 'web', '--clear');
    expect(await shown()).not.toMatch(/netem/);
  });

  requires('without-netem')('a kernel that cannot is named, and nothing is disturbed', async () => {
    const { stderr, exitCode } = await host.tsrun('network', 'fault', 'web', '--latency', '100ms');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^tsrun: cannot disturb the interface "ve\w+-0"\n {2}--latency, --jitter and --loss take .* sch_netem .*\n {2}hint: .*--cut\n$/,
    );
    expect(await reach('other', 'web')).toBe('reached');
  });

  test('what cannot be is said in three lines', async () => {
    await host.kept.text('create', '--name', 'still', '--network', 'front', busybox, 'true');
    await host.detached('alone', 'exec sleep 1000', '--network', 'none');
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['web'], /no fault was given/],
      [['web', '--cut', '--loss', '1%'], /contradict each other/],
      [['web', '--jitter', '1ms'], /--jitter needs --latency/],
      [['web', '--latency', 'soon'], /invalid value "soon" for --latency/],
      [['web', '--loss', '101%'], /invalid value "101%" for --loss/],
      [['web', '--rate', '1'], /invalid value "1" for --rate/],
      [['nobody', '--cut'], /no such container: nobody/],
      [['still', '--cut'], /cannot disturb the network of container "still"/],
      [['alone', '--cut'], /on no network of tsrun/],
    ];
    for (const [args, said] of cases) {
      const { stderr, exitCode } = await host.tsrun('network', 'fault', ...args);
      expect({ args, exitCode, stderr }).toEqual({ args, exitCode: 1, stderr: expect.stringMatching(said) });
      expect(stderr.trimEnd().split('\n')).toHaveLength(3);
    }
  });
});
