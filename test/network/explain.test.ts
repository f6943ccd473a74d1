/** `--explain` of a container on a bridge: every message to the kernel is told, and what is told is what nft(8) and ip(8) then show. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { HostNetwork } from '../support/host-network.ts';
import { busybox } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

const test = requires('root');

let host: HostNetwork;
beforeAll(async () => {
  host = await HostNetwork.make();
});
afterAll(() => host.dispose());

const publish = ['-p', '127.0.0.1:8080:80', '-p', '0.0.0.0:53:53/udp'] as const;

describe('--explain', () => {
  test('tells the rules, their rows, the bridge and its address before the steps of the plan, once for each', async () => {
    const { stderr } = await host.tsrun('run', '-q', '--rm', '--explain', ...publish, busybox, 'true');
    const headlines = stderr.split('\n').filter((line) => /^ ?\d+ {2}/.test(line));
    expect(headlines.map((line, index) => line.startsWith(`${index + 1}`.padStart(2)))).not.toContain(false);
    const texts = headlines.map((line) =>
      line
        .slice(4)
        .replace(/ +[\d.]+ ms$/, '')
        .replace(/tsrun-\w+/g, 'NAME'),
    );
    expect(texts.slice(0, 6)).toEqual([
      'make the rules, table inet NAME: 10 sets, 5 chains, 22 rules',
      'make the rules, table bridge NAME: 4 sets, 1 chain, 14 rules',
      'make the bridge NAME, mtu 1500',
      'give NAME the address 10.212.0.1/16',
      'set net.ipv4.conf.NAME.route_localnet to 1',
      'set net.ipv4.conf.NAME.forwarding to 1',
    ]);
    for (const row of [
      '      subnets4: 10.212.0.0-10.212.255.255',
      '      published4: 127.0.0.1 . tcp . 8080 : 10.212.0.2 . 80',
      '      published4-anywhere: udp . 53 : 10.212.0.2 . 53',
    ]) {
      expect(stderr.split('\n')).toContain(row);
    }
    expect(stderr).toMatch(/own4: "ve\w+-0" \. 10\.212\.0\.2\n/);
    expect(stderr).toMatch(/02:74:0a:d4:00:02, mtu 1500; address 10\.212\.0\.2\/16; default route by 10\.212\.0\.1/);
  });

  test('tells of a second container only what it adds', async () => {
    await host.detached('first', 'exec sleep 1000');
    const { stderr } = await host.tsrun('run', '-q', '--rm', '--explain', busybox, 'true');
    expect(stderr).toMatch(/ {2}add to the sets of table inet /);
    expect(stderr).toMatch(/ {2}make the bridge .* \(it is there already\)/);
    expect(stderr).not.toContain('make the rules');
    await host.out('rm', '-f', 'first');
  });
});

describe('--explain=commands', () => {
  test('prints commands whose rules are those that are there', async () => {
    const explained = ['run', '-dq', '--name', 'web', '--explain=commands', ...publish] as const;
    const { stderr } = await host.tsrun(...explained, busybox, 'sleep', '1000');
    const theirs = await host.text('nft', '-s', 'list', 'ruleset');
    const commands = stderr.slice(0, stderr.search(/^C=/m));
    expect(commands).toMatch(/^ip link add dev tsrun-\w+ address 02:74:[0-9a-f:]{11} mtu 1500 up type bridge$/m);
    const again = await HostNetwork.make();
    try {
      await again.text('sh', '-ec', commands.replace(/^nft add element bridge .*$/gm, ''));
      const inet = (rules: string): readonly string[] =>
        rules
          .slice(rules.indexOf('table inet'), rules.indexOf('\n}', rules.indexOf('table inet')))
          .split(/\n\t(?=set|map|chain)/);
      expect(inet(await again.text('nft', '-s', 'list', 'ruleset')).toSorted()).toEqual(inet(theirs).toSorted());
      expect(await again.text('ip', '-4', '-o', 'address')).toContain('10.212.0.1/16');
    } finally {
      await again.dispose();
      await host.out('rm', '-f', 'web');
    }
  });
});
