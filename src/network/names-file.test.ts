import { expect, it } from 'vitest';
import { encodeNames } from './names-file.ts';

it('the file of names has a line for each address, and an end', () => {
  const text = encodeNames({
    servers: ['192.0.2.53', 'fe80::1%2'],
    zones: [
      {
        name: 'front',
        subnets: ['10.0.0.0/24', 'fd00::/64'],
        hosts: [{ addresses: ['10.0.0.2', 'fd00::2'], names: ['web', 'www'] }],
      },
      { name: 'back', subnets: ['10.0.1.0/24'], hosts: [] },
    ],
    clients: [
      { addresses: ['10.0.0.2', 'fd00::2'], reach: 'outside', zones: [0, 1], servers: [] },
      { addresses: ['10.0.0.3'], reach: 'inside', zones: [0], servers: ['10.0.0.9'] },
    ],
  });
  expect(text).toBe(`tsrun-names 1
server 192.0.2.53 fe80::1%2
zone front 10.0.0.0/24 fd00::/64
host 10.0.0.2 web www
host fd00::2 web www
zone back 10.0.1.0/24
client 10.0.0.2 outside 0,1
client fd00::2 outside 0,1
client 10.0.0.3 inside 0 10.0.0.9
end
`);
});
