/** Networks that the containers of an ordinary user share, in namespaces that a process of his holds. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { repository } from '../support/fixture.ts';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

const dnsClient = join(repository, 'test/support/dns-client.py');

const kept = new KeptHome();
afterAll(() => kept.dispose());
const test = requires('rootless');

const serve = 'mkdir /www; echo hello > /www/index.html; httpd -h /www; echo ready; exec sleep 1000';
async function server(name: string, ...flags: readonly string[]): Promise<string> {
  const id = await kept.detached(name, serve, ...flags);
  await kept.untilLogged(name, 'ready');
  return id;
}
/** What a new container prints. */
const said = (network: string, script: string, ...flags: readonly string[]): Promise<string> =>
  kept.text('run', '-q', '--rm', '--network', network, ...flags, busybox, 'sh', '-c', script);
const addressOf = async (network: string): Promise<string> =>
  (await kept.text('network', 'inspect', '-f', '{{range .Containers}}{{.IPv4Address}}{{end}}', network)).replace(
    /\/.*/,
    '',
  );

const anchor = (): number =>
  Number(readFileSync(join(kept.home.state, 'networks', '.anchor'), 'utf8').replace(/ .*/s, ''));
/** The process that answers for names, by what it was started for: nobody may look at its files. */
function resolver(network: string): number {
  const directory = join(kept.home.state, 'networks', '.names', network);
  const found = readdirSync('/proc').find((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`resolve\0${directory}\0`);
    } catch {
      return false;
    }
  });
  return Number(found);
}
/** Nobody may have waited for it yet. */
function isGone(pid: number): boolean {
  try {
    return /^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}
async function untilGone(pid: number): Promise<void> {
  while (!isGone(pid)) await new Promise((resolve) => setImmediate(resolve));
}
/** Names of the addresses that somebody has. */
const leases = (): readonly string[] =>
  readdirSync(join(kept.home.state, 'networks'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\d+\.\d+\.\d+\.\d+$/.test(name),
  );

describe('containers of an ordinary user on a network', () => {
  test('find each other by name and alias, as long as they run', async () => {
    await kept.text('network', 'create', 'front');
    await server('web', '--network', 'front', '--network-alias', 'www');
    expect(await said('front', 'wget -qO- http://web/; wget -qO- http://www/')).toBe('hello\nhello');
    await kept.detached('client', 'exec sleep 1000', '--network', 'front');
    await kept.text('rename', 'web', 'site');
    expect(await kept.text('exec', 'client', 'wget', '-qO-', 'http://site/')).toBe('hello');
    await kept.text('stop', '-t', '0', 'site');
    expect(await kept.text('exec', 'client', 'cat', '/etc/hosts')).not.toMatch(/site|www/);
    await kept.text('start', 'site');
    expect(await kept.text('exec', 'client', 'cat', '/etc/hosts')).toMatch(/\tsite www /);
    const path = await kept.text('net', 'client');
    expect(path).toMatch(/^client on front: eth0 .*\n\n {2}cable .*\n {2}bridge .*\n {2}sends .*\n {2}near {3}site: /);
    expect(path).not.toMatch(/ but /);
    await kept.text('rm', '-f', 'site', 'client');
    await kept.text('network', 'rm', 'front');
  });

  test('find each other in the DNS too, from a process of the user that goes with the last of them', async () => {
    await kept.text('network', 'create', '--subnet', '10.217.50.0/24', '--internal', 'dns');
    await kept.detached('web', 'exec sleep 1000', '--network', 'dns', '--network-alias', '*.test');
    await kept.detached('client', 'exec sleep 1000', '--network', 'dns');
    const asked = async (name: string, type: string, transport: string): Promise<string> => {
      const inside = `nsenter -U -n --preserve-credentials -t ${await kept.inspect('client', '{{.State.Pid}}')}`;
      const script = `exec ${inside} python3 ${dnsClient} 10.217.50.1 ${transport} ${name} ${type}`;
      const asking = kept.program('sh', '-c', script);
      asking.end();
      const { stdout, stderr } = await asking.outcome;
      return stdout.trim() || stderr;
    };
    expect(await asked('web', 'A', 'udp')).toBe('NOERROR A 10.217.50.2');
    expect(await asked('a.test', 'A', 'tcp')).toBe('NOERROR A 10.217.50.2');
    expect(await asked('2.50.217.10.in-addr.arpa', 'PTR', 'udp')).toBe('NOERROR PTR web.dns');
    expect(await asked('example.com', 'A', 'udp')).toBe('NXDOMAIN');
    expect(await kept.text('exec', 'client', 'nslookup', 'web')).toContain('10.217.50.2');
    const pid = resolver('dns');
    // Where it can see: its names, and nothing of the user's.
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    expect(status).toMatch(/^CapPrm:\s0+$/m);
    expect(status).toMatch(/^Seccomp:\s2$/m);
    process.kill(pid, 'SIGKILL');
    await untilGone(pid);
    await kept.text('rename', 'web', 'site');
    expect(await asked('site', 'A', 'udp')).toBe('NOERROR A 10.217.50.2');
    const again = resolver('dns');
    await kept.text('rm', '-f', 'site', 'client');
    await untilGone(again);
    await kept.text('network', 'rm', 'dns');
  });

  test('have the ids of those without one, outside too', async () => {
    await kept.text('network', 'create', 'ids');
    const owners = async (network: string): Promise<string> => {
      const id = await kept.detached('owner', 'touch /mine; exec sleep 1000', '--network', network);
      const pid = await kept.inspect('owner', '{{.State.Pid}}');
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const text = `${/^Uid:.*/m.exec(status)?.[0]} ${readFileSync(`/proc/${pid}/uid_map`, 'utf8').replace(/ +/g, ' ')}`;
      await kept.text('rm', '-f', id);
      return text;
    };
    expect(await owners('ids')).toBe(await owners('none'));
    await kept.text('network', 'rm', 'ids');
  });

  test('share one process, which goes with the last of them', async () => {
    await kept.text('network', 'create', 'one');
    await kept.text('network', 'create', 'two');
    // At once: whoever is first starts it.
    await Promise.all([
      kept.detached('left', 'exec sleep 1000', '--network', 'one'),
      kept.detached('right', 'exec sleep 1000', '--network', 'two'),
      kept.detached('both', 'exec sleep 1000', '--network', 'one', '--network', 'two'),
    ]);
    const pid = anchor();
    expect(isGone(pid)).toBe(false);
    const space = readlinkSync(`/proc/${pid}/ns/net`);
    await kept.text('rm', '-f', 'left', 'both');
    expect(await said('two', 'hostname >/dev/null; echo there')).toBe('there');
    expect(readlinkSync(`/proc/${anchor()}/ns/net`)).toBe(space);
    await kept.text('rm', '-f', 'right');
    await untilGone(pid);
    expect(leases()).toEqual([]);
    await kept.text('network', 'rm', 'one', 'two');
  });

  test('come and go while they run', async () => {
    await kept.text('network', 'create', 'first');
    await kept.text('network', 'create', 'second');
    await server('web', '--network', 'first');
    await kept.text('network', 'connect', '--alias', 'other', 'second', 'web');
    expect(await said('second', 'wget -qO- http://other/')).toBe('hello');
    await kept.text('network', 'disconnect', 'second', 'web');
    expect(await kept.text('exec', 'web', 'ip', '-o', 'link')).not.toMatch(/eth1/);
    await kept.text('rm', '-f', 'web');
    await kept.text('network', 'rm', 'first', 'second');
  });

  test('reach no other network, and are only who they are', async () => {
    await kept.text('network', 'create', '--internal', 'here');
    await kept.text('network', 'create', '--internal', '--subnet', '10.217.40.0/24', 'there');
    await server('web', '--network', 'here');
    const address = await addressOf('here');
    const ask = (from: string): string =>
      `nc -w 1 ${from} ${address} 80 </dev/null 2>/dev/null && echo reached || echo not`;
    const admin = ['--cap-add', 'NET_ADMIN'];
    expect(await said('here', ask(''))).toBe('reached');
    // By the gateway that they have in common.
    expect(await said('there', `ip route add default via 10.217.40.1; ${ask('')}`, ...admin)).toBe('not');
    const forged = address.replace(/\d+$/, '99');
    expect(await said('here', `ip addr add ${forged}/24 dev eth0; ${ask(`-s ${forged}`)}`, ...admin)).toBe('not');
    const { stderr, exitCode } = await kept.run('run', '-q', '--rm', '--network', 'here', '-p', '80', busybox, 'true');
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/cannot publish ports of a container on internal networks alone/);
    await kept.text('rm', '-f', 'web');
    await kept.text('network', 'rm', 'here', 'there');
  });

  requires('rootless', 'pasta')('publish ports, and have a way out beside the network', async () => {
    await kept.text('network', 'create', 'public');
    await server('web', '--network', 'public', '-p', '80');
    const port = /:(\d+)$/.exec(await kept.text('port', 'web'))?.[1];
    const out = kept.program('wget', '-qO-', '-t', '1', `http://127.0.0.1:${port}/`);
    expect((await out.outcome).stdout).toBe('hello\n');
    expect(await kept.text('exec', 'web', 'ip', 'route')).toMatch(/^default via .* dev out0/);
    expect(await kept.text('net', 'web')).toMatch(
      /\n {2}out {4}by pasta.*\n {2}in {5}127\.0\.0\.1:\d+ to the container/,
    );
    await kept.text('rm', '-f', 'web');
    await kept.text('network', 'rm', 'public');
  });

  test('that lose their monitor leave nothing after the next command', async () => {
    await kept.text('network', 'create', 'front');
    const id = await kept.detached('lost', 'exec sleep 1000', '--network', 'front');
    const pid = anchor();
    process.kill(kept.monitorOf(id), 'SIGKILL');
    await untilGone(pid);
    await kept.text('rm', '-f', 'lost');
    expect(leases()).toEqual([]);
    await kept.text('network', 'rm', 'front');
  });

  test('that lose what they share are cut off, and start again with a new one', async () => {
    await kept.text('network', 'create', 'front');
    await server('web', '--network', 'front');
    const killed = anchor();
    process.kill(killed, 'SIGKILL');
    await untilGone(killed);
    await kept.text('network', 'create', 'more');
    const { stderr } = await kept.run('network', 'connect', 'more', 'web');
    expect(stderr).toMatch(/the process that held your networks was killed\n {2}hint: .*tsrun restart/);
    await kept.text('restart', '-t', '0', 'web');
    expect(await said('front', 'until wget -qO- http://web/ 2>/dev/null; do :; done')).toBe('hello');
    await kept.text('rm', '-f', 'web');
    await untilGone(anchor());
    await kept.text('network', 'rm', 'front', 'more');
    expect(leases()).toEqual([]);
  });
});

describe('a script of --dry-run', () => {
  test('is refused where it would need those namespaces', async () => {
    await kept.text('network', 'create', 'scripted');
    const flags = ['run', '-q', '--network', 'scripted'] as const;
    const plan = await kept.text(...flags, '--dry-run', busybox, 'true');
    expect(plan).toContain('"anchor"');
    const { stderr } = await kept.run(...flags, '--dry-run=shell', busybox, 'true');
    expect(stderr).toMatch(/cannot show networks of an ordinary user as a shell script yet/);
    await kept.text('network', 'rm', 'scripted');
  });
});
