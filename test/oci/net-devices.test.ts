/** linux.netDevices: an interface of the host becomes the container's (runtime-spec config-linux.md). */
import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect } from 'vitest';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { makeBundle, type TestBundle } from './bundle.ts';
import { type OciOutcome, tsrunOciPath } from './tsrun-oci.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

function bundleWith(netDevices: object): TestBundle {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.process.args = ['busybox', 'ip', 'address'];
    config.process.env = ['PATH=/bin'];
    config.linux['netDevices'] = netDevices;
    if (!config.linux.namespaces.some(({ type }) => type === 'network'))
      config.linux.namespaces.push({ type: 'network' });
  });
  return bundle;
}

/** In a network namespace that stands for the host's, with a pair of interfaces. */
function runBeside(bundle: TestBundle, then = 'true'): OciOutcome {
  const script = `set -e
    ip link add host0 mtu 1400 address 02:00:00:00:00:05 type veth peer name peer0
    ip address add 10.1.2.3/24 dev host0
    ip address add 10.1.2.4/24 dev host0
    ip address add 169.254.1.1/16 scope link dev host0
    ip address add 10.9.9.9/24 valid_lft 1000 preferred_lft 1000 dev host0
    ip -6 address add fd00::5/64 nodad dev host0
    ip link set host0 up; ip link set peer0 up
    "$0" --root "$1" run --bundle "$2" c || echo "status $?" >&2
    ${then}`;
  const { stdout, stderr, status } = spawnSync(
    'unshare',
    ['-n', 'sh', '-c', script, tsrunOciPath, bundle.root, bundle.path],
    { encoding: 'utf8', timeout: 150_000 },
  );
  return { stdout, stderr, status };
}

const test = requires('root', 'program-ip');

describe('a network interface', () => {
  test('keeps its addresses, its MTU and its hardware address, gets its name, and is up', () => {
    const { stdout, stderr, status } = runBeside(bundleWith({ host0: { name: 'eth0' } }));
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toMatch(/ eth0@\S+ <BROADCAST,MULTICAST,UP,LOWER_UP.*mtu 1400/);
    expect(stdout).toContain('link/ether 02:00:00:00:00:05');
    expect(stdout).toContain('inet 10.1.2.3/24');
    expect(stdout).toContain('inet 10.1.2.4/24');
    expect(stdout).toContain('inet6 fd00::5/64 scope global');
    // Neither what is good for the link alone nor what ends by itself.
    expect(stdout).not.toContain('169.254.1.1');
    expect(stdout).not.toContain('10.9.9.9');
  });

  test('keeps its name without another, and is not the host’s meanwhile', () => {
    const { stdout, stderr } = runBeside(bundleWith({ host0: {} }), 'ip link show host0 || true');
    expect(stdout).toMatch(/ host0@/);
    expect(stderr).toContain('does not exist');
  });

  test('with a template gets a free number', () => {
    const { stdout } = runBeside(bundleWith({ host0: { name: 'net%d' }, peer0: { name: 'net%d' } }));
    expect(stdout).toMatch(/ net0@/);
    expect(stdout).toMatch(/ net1@/);
  });

  test('that is not there, or whose name is taken, ends the creation, and the error names it', () => {
    const missing = runBeside(bundleWith({ nosuch0: {} }));
    expect(missing.stderr).toContain('cannot move the network interface nosuch0 into the container');
    expect(missing.stderr).toContain('there is no such interface on the host');
    expect(missing.stderr).toContain('status 255');
    const taken = runBeside(bundleWith({ host0: { name: 'lo' } }), 'ip -brief link show host0');
    expect(taken.stderr).toContain('has an interface of that name already');
    expect(taken.stdout).toMatch(/^host0@peer0\s+UP/);
  });

  requires('rootless')('is refused to an ordinary user, by the field', () => {
    const refused = bundleWith({ lo: { name: 'lo1' } }).oci(['create', 'c']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('cannot use linux.netDevices: lo');
  });
});
