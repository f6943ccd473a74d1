import { describe, expect, it } from 'vitest';
import { hostnameText, hostsText, resolvConfText, takesResolver } from './network-files.ts';

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
    expect(resolvConfText({ network: 'own', hostFile, dns, resolver: null })).toBe(
      'nameserver 192.0.2.1\nnameserver 2001:db8::1\nsearch a.example b.example\noptions edns0 ndots:2\n',
    );
  });
  it('on the host’s network is the host’s, byte for byte', () => {
    expect(resolvConfText({ network: 'host', hostFile, dns, resolver: null })).toBe(hostFile);
  });
  it('has what was asked for in the place of the host’s', () => {
    const asked = { servers: ['127.0.0.1'], search: ['.'], options: [] };
    expect(resolvConfText({ network: 'host', hostFile, dns: asked, resolver: null })).toBe(
      'nameserver 127.0.0.1\noptions edns0 ndots:2\n',
    );
  });
  it('has the resolver of its networks in the place of all servers, which is asked first', () => {
    expect(resolvConfText({ network: 'own', hostFile, dns, resolver: '10.216.0.1' })).toBe(
      'nameserver 10.216.0.1\nsearch a.example b.example\noptions edns0 ndots:2\n',
    );
    const asked = { servers: ['192.0.2.9'], search: [], options: ['rotate'] };
    expect(resolvConfText({ network: 'own', hostFile, dns: asked, resolver: '10.216.0.1' })).toBe(
      'nameserver 10.216.0.1\nsearch a.example b.example\noptions rotate ndots:0\n',
    );
  });
  it('has servers of the container’s own loopback, past the resolver', () => {
    expect(takesResolver({ servers: ['192.0.2.9'], search: [], options: [] })).toBe(true);
    expect(takesResolver({ servers: ['127.0.0.1'], search: [], options: [] })).toBe(false);
  });
});

it('/etc/hostname ends in a newline', () => {
  expect(hostnameText('box')).toBe('box\n');
});
