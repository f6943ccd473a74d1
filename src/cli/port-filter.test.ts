import { expect, test } from 'vitest';
import { parsePorts } from './port-filter.ts';

test('ports are a number or a range, of TCP when nothing is said', () => {
  expect(parsePorts('expose', '80')).toEqual({ first: 80, last: 80, protocol: 'tcp' });
  expect(parsePorts('expose', '8000-8080/udp')).toEqual({ first: 8000, last: 8080, protocol: 'udp' });
});

test.each(['', '0', '65536', '90-80', '80/', '80/ip', 'http', '1:2'])('"%s" is refused', (text) => {
  expect(() => parsePorts('expose', text)).toThrow('invalid value');
});
