import { expect, it } from 'vitest';
import { sysctlNamespace, sysctlPath } from './sysctls.ts';

it('knows the namespace of each parameter', () => {
  const known = {
    'net.ipv4.ip_forward': 'network',
    'net/ipv4/ip_forward': 'network',
    'kernel.shmmax': 'ipc',
    'fs.mqueue.msg_max': 'ipc',
    'kernel.domainname': 'uts',
    'vm.swappiness': null,
    'kernel.core_pattern': null,
    'fs.file-max': null,
    network: null,
  };
  for (const [name, namespace] of Object.entries(known))
    expect([name, sysctlNamespace(name)]).toEqual([name, namespace]);
});

it('reads dots and slashes as sysctl(8) does', () => {
  expect(sysctlPath('net.ipv4.conf.eth0/100.forwarding')).toBe('net/ipv4/conf/eth0.100/forwarding');
  expect(sysctlPath('net/ipv4/conf/eth0.100/forwarding')).toBe('net/ipv4/conf/eth0.100/forwarding');
});

it('never leaves /proc/sys', () => {
  for (const name of ['net/../kernel/core_pattern', 'net..x', '/etc/passwd', 'net.', '', 'net.a\nb', 'net./../../x']) {
    expect([name, sysctlPath(name), sysctlNamespace(name)]).toEqual([name, null, null]);
  }
});
