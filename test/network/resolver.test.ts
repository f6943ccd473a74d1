/** Names of networks as programs ask for them that read no /etc/hosts: a process for each network answers. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { repository, tsrunPath } from '../support/fixture.ts';
import { HostNetwork } from '../support/host-network.ts';
import { busybox } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import type { Running } from '../support/tsrun.ts';

const test = requires('root', 'program-python3', 'program-ip');

let host: HostNetwork;
beforeAll(async () => {
  host = await HostNetwork.make();
});
afterAll(() => host.dispose());

const client = join(repository, 'test/support/dns-client.py');
const server = join(repository, 'test/support/dns-server.py');

/** What a container hears from its name server, or from another address. */
async function asked(container: string, name: string, type: string, ...more: readonly string[]): Promise<string> {
  const [transport = 'udp', at = await nameserver(container), ...seconds] = more;
  const pid = await host.kept.inspect(container, '{{.State.Pid}}');
  return await host.text(
    'nsenter',
    `--net=/proc/${pid}/ns/net`,
    'python3',
    client,
    at,
    transport,
    name,
    type,
    ...seconds,
  );
}
async function nameserver(container: string): Promise<string> {
  const text = await host.out('exec', container, 'cat', '/etc/resolv.conf');
  return /^nameserver (\S+)$/m.exec(text)?.[1] ?? 'none';
}
const sleeper = (name: string, ...flags: readonly string[]): Promise<string> =>
  host.detached(name, 'exec sleep 1000', ...flags);

/** The resolver of a network, by what it was started for. */
function resolverOf(network: string): number {
  const directory = join(host.kept.home.state, 'networks', '.names', network);
  const found = readdirSync('/proc').find((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`resolve\0${directory}\0`);
    } catch {
      // It has ended.
      return false;
    }
  });
  if (found === undefined) throw new Error(`nobody answers on ${network}`);
  return Number(found);
}
async function untilGone(pid: number): Promise<void> {
  while (readdirSync('/proc').includes(String(pid))) await new Promise((resolve) => setImmediate(resolve));
}
async function upstream(...addresses: readonly string[]): Promise<Running> {
  const running = host.start('python3', '-u', server, ...addresses);
  await running.until('ready');
  return running;
}
async function ended(running: Running): Promise<void> {
  running.end();
  await running.outcome;
}

describe('a container on a network', () => {
  test('finds others by name, alias and id at the gateway, by UDP and TCP', async () => {
    await host.out('network', 'create', '--subnet', '10.97.1.0/24', 'front');
    const id = await sleeper('web', '--network', 'name=front,alias=www,alias=*.app.test');
    await sleeper('db', '--network', 'name=front,alias=www');
    expect(await nameserver('web')).toBe('10.97.1.1');
    for (const name of ['web', 'WEB', id.slice(0, 12), 'web.front', 'a.app.test', 'b.a.app.test'])
      expect(await asked('db', name, 'A'), name).toBe('NOERROR A 10.97.1.2');
    expect(await asked('db', 'web', 'A', 'tcp')).toBe('NOERROR A 10.97.1.2');
    expect(await asked('web', 'www', 'A')).toBe('NOERROR A 10.97.1.2 A 10.97.1.3');
    expect(await asked('web', 'db', 'AAAA')).toBe('NOERROR');
    expect(await asked('web', 'db', 'MX')).toBe('NOERROR');
    expect(await asked('web', '3.1.97.10.in-addr.arpa', 'PTR')).toBe('NOERROR PTR db.front');
    expect(await asked('web', '99.1.97.10.in-addr.arpa', 'PTR')).toBe('NXDOMAIN');
    expect(await host.out('exec', 'db', 'nslookup', 'www')).toMatch(/Address: 10\.97\.1\.2\n/);
    await host.out('rm', '-f', 'web', 'db');
    await host.out('network', 'rm', 'front');
  });

  test('finds whoever comes, goes or has another name, at the next question', async () => {
    await host.out('network', 'create', '--subnet', '10.97.2.0/24', '--internal', 'front');
    await sleeper('client', '--network', 'front');
    expect(await asked('client', 'web', 'A')).toBe('NXDOMAIN');
    await sleeper('web', '--network', 'front');
    expect(await asked('client', 'web', 'A')).toBe('NOERROR A 10.97.2.3');
    await host.out('rename', 'web', 'site');
    expect(await asked('client', 'web', 'A')).toBe('NXDOMAIN');
    expect(await asked('client', 'site', 'A')).toBe('NOERROR A 10.97.2.3');
    await host.out('stop', '-t', '0', 'site');
    expect(await asked('client', 'site', 'A')).toBe('NXDOMAIN');
    await host.out('rm', '-f', 'client', 'site');
    await host.out('network', 'rm', 'front');
  });

  test('has IPv6 where the network has, also to ask by', async () => {
    await host.out('network', 'create', '--subnet', 'fd00:97::/64', '--subnet', '10.97.3.0/24', 'both');
    await host.out('network', 'create', '--subnet', 'fd00:98::/64', 'six');
    await sleeper('web', '--network', 'both', '--network', 'six');
    for (const at of ['10.97.3.1', 'fd00:97::1', 'fd00:98::1'])
      expect(await asked('web', 'web', 'AAAA', 'udp', at), at).toBe('NOERROR AAAA fd00:97::2 AAAA fd00:98::2');
    expect(await asked('web', 'web', 'A', 'tcp', 'fd00:97::1')).toBe('NOERROR A 10.97.3.2');
    const nibbles = `2.${'0.'.repeat(23)}7.9.0.0.0.0.d.f.ip6.arpa`;
    expect(await asked('web', nibbles, 'PTR')).toBe('NOERROR PTR web.both');
    await host.out('rm', '-f', 'web');
    await host.out('network', 'rm', 'both', 'six');
  });

  test('finds those of all its networks wherever it asks, and a stranger hears nothing', async () => {
    for (const [name, subnet] of [
      ['one', '10.97.4.0/24'],
      ['two', '10.97.5.0/24'],
    ] as const)
      await host.out('network', 'create', '--internal', '--subnet', subnet, name);
    await sleeper('left', '--network', 'one');
    await sleeper('right', '--network', 'two');
    await sleeper('both', '--network', 'one');
    expect(await asked('both', 'right', 'A')).toBe('NXDOMAIN');
    await host.out('network', 'connect', 'two', 'both');
    for (const at of ['10.97.4.1', '10.97.5.1']) {
      expect(await asked('both', 'left', 'A', 'udp', at), at).toBe('NOERROR A 10.97.4.2');
      expect(await asked('both', 'right', 'A', 'udp', at), at).toBe('NOERROR A 10.97.5.2');
    }
    expect(await asked('left', 'right', 'A')).toBe('NXDOMAIN');
    expect(await asked('left', 'both', 'A')).toBe('NOERROR A 10.97.4.3');
    // An address of the host that it reaches: nobody there knows it.
    await host.text('ip', 'route', 'add', 'default', 'dev', 'lo');
    expect(await asked('left', 'right', 'A', 'udp', '10.97.5.1', '1')).not.toContain('NOERROR');
    await host.text('ip', 'route', 'del', 'default', 'dev', 'lo');
    await host.out('network', 'disconnect', 'one', 'both');
    expect(await nameserver('both')).toBe('10.97.5.1');
    expect(await asked('both', 'left', 'A')).toBe('NXDOMAIN');
    await host.out('rm', '-f', 'left', 'right', 'both');
    await host.out('network', 'rm', 'one', 'two');
  });

  test('that shares the default network with everybody has no names there', async () => {
    await host.detached('alone', 'exec sleep 1000');
    expect(await nameserver('alone')).not.toMatch(/^10\.216\./);
    await host.out('network', 'create', '--subnet', '10.97.6.0/24', 'front');
    await host.out('network', 'connect', 'front', 'alone');
    expect(await nameserver('alone')).toBe('10.97.6.1');
    expect(await asked('alone', 'alone', 'A')).toBe('NOERROR A 10.97.6.2');
    await host.out('network', 'disconnect', 'front', 'alone');
    expect(await nameserver('alone')).not.toBe('10.97.6.1');
    await host.out('rm', '-f', 'alone');
    await host.out('network', 'rm', 'front');
  });
});

describe('a name of others', () => {
  test('is asked of the servers that --dns names, one after the other, and by TCP where it is asked so', async () => {
    await host.text('ip', 'address', 'add', '192.0.2.53/32', 'dev', 'lo');
    await host.text('ip', 'address', 'add', '192.0.2.54/32', 'dev', 'lo');
    const servers = await upstream('192.0.2.53', '192.0.2.54');
    await host.out('network', 'create', '--subnet', '10.97.7.0/24', 'front');
    await sleeper('web', '--network', 'front', '--dns', '192.0.2.53', '--dns', '192.0.2.54', '--dns-search', 'test');
    expect(await host.out('exec', 'web', 'cat', '/etc/resolv.conf')).toMatch(/^nameserver 10\.97\.7\.1\nsearch test\n/);
    expect(await asked('web', 'example.com', 'A')).toBe('NOERROR A 198.51.100.1');
    expect(await asked('web', 'nx.example.com', 'A')).toBe('NXDOMAIN');
    expect(await asked('web', 'fail.example.com', 'A')).toBe('SERVFAIL');
    expect(await asked('web', 'next.example.com', 'A')).toBe('NOERROR A 198.51.100.1');
    expect(await asked('web', 'liar.example.com', 'A')).toBe('NOERROR A 198.51.100.1');
    expect(await asked('web', 'big.example.com', 'A')).toBe('NOERROR TC');
    const big = await asked('web', 'big.example.com', 'A', 'tcp');
    expect(big.match(/ A 198\.51\.100\./g)).toHaveLength(200);
    expect(await asked('web', 'silent.example.com', 'A')).toBe('SERVFAIL');
    expect(servers.output).toMatch(/udp next\.example\.com 192\.0\.2\.53\nudp next\.example\.com 192\.0\.2\.54\n/);
    // Its own names are nobody else's.
    expect(await asked('web', 'web', 'A')).toBe('NOERROR A 10.97.7.2');
    expect(servers.output).not.toMatch(/ web /);
    await host.out('rm', '-f', 'web');
    await host.out('network', 'rm', 'front');
    await ended(servers);
  });

  test('is asked of the host’s own server, also at its loopback', async () => {
    const stub = await upstream('127.0.0.53');
    await host.out('network', 'create', '--subnet', '10.97.8.0/24', 'front');
    const conf = join(host.kept.home.state, 'stub.conf');
    const script = 'echo "nameserver 127.0.0.53" > "$1" && mount --bind "$1" /etc/resolv.conf && shift && exec "$@"';
    const run = ['run', '-dq', '--name', 'web', '--network', 'front', busybox, 'sleep', '1000'];
    await host.text('unshare', '--mount', 'sh', '-c', script, 'sh', conf, tsrunPath, ...run);
    expect(await asked('web', 'example.com', 'A')).toBe('NOERROR A 198.51.100.1');
    expect(stub.output).toContain('udp example.com 127.0.0.53');
    await host.out('rm', '-f', 'web');
    await host.out('network', 'rm', 'front');
    await ended(stub);
  });

  test('does not exist on an internal network, and nobody is asked', async () => {
    await host.text('ip', 'address', 'add', '192.0.2.55/32', 'dev', 'lo');
    const outside = await upstream('192.0.2.55');
    await host.out('network', 'create', '--internal', '--subnet', '10.97.9.0/24', 'inside');
    await host.out('network', 'create', '--subnet', '10.97.10.0/24', 'front');
    await sleeper('shut', '--network', 'inside', '--dns', '192.0.2.55');
    for (const transport of ['udp', 'tcp']) expect(await asked('shut', 'example.com', 'A', transport)).toBe('NXDOMAIN');
    expect(outside.output).not.toContain('example.com');
    await host.out('network', 'connect', 'front', 'shut');
    expect(await asked('shut', 'example.com', 'A')).toBe('NOERROR A 198.51.100.1');
    await host.out('rm', '-f', 'shut');
    await host.out('network', 'rm', 'inside', 'front');
    await ended(outside);
  });

  test('is asked past the resolver where the server is the container’s own', async () => {
    await host.out('network', 'create', '--subnet', '10.97.11.0/24', 'front');
    await sleeper('web', '--network', 'front', '--dns', '127.0.0.1');
    expect(await nameserver('web')).toBe('127.0.0.1');
    await host.out('rm', '-f', 'web');
    await host.out('network', 'rm', 'front');
  });
});

describe('the process that answers', () => {
  test('may do nothing else, and goes with the last container', async () => {
    await host.out('network', 'create', '--subnet', '10.97.12.0/24', 'front');
    await sleeper('one', '--network', 'front');
    const pid = resolverOf('front');
    await sleeper('two', '--network', 'front');
    expect(resolverOf('front')).toBe(pid);
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    expect(status).toMatch(/^Uid:(\s65534){4}$/m);
    expect(status).toMatch(/^Groups:\s*$/m);
    expect(status).toMatch(/^CapPrm:\s0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s1$/m);
    expect(status).toMatch(/^Seccomp:\s2$/m);
    expect(readdirSync(`/proc/${pid}/root/`).toSorted()).toEqual(['lock', 'names']);
    const files = readdirSync(`/proc/${pid}/fd`).map((fd) =>
      readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/^socket:.*/, 'socket:[N]'),
    );
    expect(files.filter((file) => file !== '/dev/null').toSorted()).toEqual([
      join(host.kept.home.state, 'networks/.names/front/lock'),
      'anon_inode:[eventpoll]',
      'anon_inode:inotify',
      'socket:[N]',
      'socket:[N]',
    ]);
    await host.out('rm', '-f', 'one');
    expect(resolverOf('front')).toBe(pid);
    await host.out('rm', '-f', 'two');
    await untilGone(pid);
    expect(existsSync(join(host.kept.home.state, 'networks/.names'))).toBe(false);
    await host.out('network', 'rm', 'front');
  });

  test('is started again by the next command when it was killed; meanwhile /etc/hosts has the names', async () => {
    await host.out('network', 'create', '--subnet', '10.97.13.0/24', 'front');
    await sleeper('web', '--network', 'front');
    await sleeper('client', '--network', 'front');
    const pid = resolverOf('front');
    process.kill(pid, 'SIGKILL');
    await untilGone(pid);
    expect(await asked('client', 'web', 'A', 'udp')).toBe('refused');
    expect(await host.out('exec', 'client', 'cat', '/etc/hosts')).toContain('10.97.13.2\tweb ');
    expect(await host.out('net', 'client')).toMatch(/ but +nobody answers for names at 10\.97\.13\.1/);
    await host.out('run', '-q', '--rm', '--network', 'front', busybox, 'true');
    expect(await asked('client', 'web', 'A')).toBe('NOERROR A 10.97.13.2');
    expect(await host.out('net', 'client')).toMatch(/ names +are answered at 10\.97\.13\.1/);
    await host.out('rm', '-f', 'web', 'client');
    await host.out('network', 'rm', 'front');
  });

  test('is one for a network when many start at once', async () => {
    await host.out('network', 'create', '--subnet', '10.97.14.0/24', 'front');
    const names = Array.from({ length: 8 }, (_, n) => `many-${n}`);
    await Promise.all(names.map((name) => sleeper(name, '--network', 'front', '--network-alias', 'all')));
    expect((await asked('many-0', 'all', 'A')).match(/ A /g)).toHaveLength(8);
    const pid = resolverOf('front');
    await host.out('rm', '-f', ...names);
    await untilGone(pid);
    await host.out('network', 'rm', 'front');
  });

  test('gives way to a program that has the port already: names are in /etc/hosts', async () => {
    const script = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('0.0.0.0', 53))
print('ready', flush=True)
sys.stdin.read()
`;
    const taken = host.start('python3', '-c', script);
    await taken.until('ready');
    await host.out('network', 'create', '--subnet', '10.97.15.0/24', 'front');
    await sleeper('web', '--network', 'front');
    const flags = ['--network', 'front', '--name', 'client', '--rm'];
    const { stdout, stderr, exitCode } = await host.tsrun(
      'run',
      '-q',
      ...flags,
      busybox,
      'cat',
      '/etc/hosts',
      '/etc/resolv.conf',
    );
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(stdout).toContain('10.97.15.2\tweb ');
    expect(stdout).not.toContain('nameserver 10.97.15.1');
    await host.out('rm', '-f', 'web');
    await host.out('network', 'rm', 'front');
    await ended(taken);
  });

  test('survives what a container sends, and has room for others', async () => {
    await host.out('network', 'create', '--subnet', '10.97.16.0/24', 'front');
    await host.text('ip', 'address', 'add', '192.0.2.56/32', 'dev', 'lo');
    const silent = await upstream('192.0.2.56');
    await sleeper('web', '--network', 'front');
    await sleeper('rogue', '--network', 'front', '--dns', '192.0.2.56');
    const pid = resolverOf('front');
    const rogue = await host.kept.inspect('rogue', '{{.State.Pid}}');
    const script = `
import os, random, socket, struct
random.seed(7)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.connect(('10.97.16.1', 53))
for n in range(3000): u.send(random.randbytes(random.randrange(1, 600)))
for n in range(3000): u.send(struct.pack('!6H', n, 0x100, 1, 0, 0, 0) + b'\\6silent' + bytes([4]) + b'%04x' % n + b'\\0' + struct.pack('!2H', 1, 1))
held = []
for n in range(40):
    t = socket.socket(); t.connect(('10.97.16.1', 53))
    try: t.sendall(b'\\xff\\xff' if n % 2 else b'\\0')
    except OSError: pass
    held.append(t)
print('sent', flush=True)
import sys; sys.stdin.read()
`;
    const flood = host.start('nsenter', `--net=/proc/${rogue}/ns/net`, 'python3', '-c', script);
    await flood.until('sent');
    expect(await asked('web', 'rogue', 'A')).toBe('NOERROR A 10.97.16.3');
    expect(await asked('web', 'rogue', 'A', 'tcp')).toBe('NOERROR A 10.97.16.3');
    expect(resolverOf('front')).toBe(pid);
    await ended(flood);
    await host.out('rm', '-f', 'web', 'rogue');
    await host.out('network', 'rm', 'front');
    await ended(silent);
  });
});
