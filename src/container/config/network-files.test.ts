import { describe, expect, it } from 'vitest';
import { hostnameText, hostsText, resolvConfText } from './network-files.ts';

const dns = { servers: [], search: [], options: [] };

describe('/etc/hosts', () => {
  const from = {
    addresses: [],
    hostFile: '10.0.0.1 gateway',
    hostname: 'box',
    extraHosts: [{ host: 'db', address: '10.0.0.7' }],
  };
  it('without a network has localhost, the container and what was added', () => {
    const lines = hostsText({ ...from, network: 'own' }).split('\n');
    expect(lines[0]).toBe('127.0.0.1\tlocalhost');
    expect(lines.slice(-3)).toEqual(['127.0.0.1\tbox', '10.0.0.7\tdb', '']);
    expect(lines.join()).not.toContain('gateway');
  });
  it('on the host’s network is the host’s and what was added', () => {
    expect(hostsText({ ...from, network: 'host' })).toBe('10.0.0.1 gateway\n10.0.0.7\tdb\n');
  });
});

describe('/etc/resolv.conf', () => {
  const hostFile = [
    '# written by hand',
    'nameserver 127.0.0.53',
    'nameserver ::1',
    'nameserver 192.0.2.1 # ours',
    'nameserver 2001:db8::1',
    'domain old.example',
    'search a.example b.example',
    'options edns0',
    'options ndots:2',
    '',
  ].join('\n');
  it('leaves out servers on the host’s loopback', () => {
    expect(resolvConfText({ network: 'own', hostFile, dns })).toBe(
      'nameserver 192.0.2.1\nnameserver 2001:db8::1\nsearch a.example b.example\noptions edns0 ndots:2\n',
    );
  });
  it('on the host’s network is the host’s, byte for byte', () => {
    expect(resolvConfText({ network: 'host', hostFile, dns })).toBe(hostFile);
  });
  it('has what was asked for in the place of the host’s', () => {
    const asked = { servers: ['127.0.0.1'], search: ['.'], options: [] };
    expect(resolvConfText({ network: 'host', hostFile, dns: asked })).toBe(
      'nameserver 127.0.0.1\noptions edns0 ndots:2\n',
    );
  });
});

it('/etc/hostname ends in a newline', () => {
  expect(hostnameText('box')).toBe('box\n');
});
