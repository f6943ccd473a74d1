import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { pastaError } from './pasta.ts';

const directory = mkdtempSync(join(tmpdir(), 'tsrun-unit-'));
afterAll(() => rmSync(directory, { recursive: true }));

test.each([
  {
    name: 'the last line, without its time',
    said: "0.0012: No external routable interface for IPv6\n0.0013: Failed to bind any port for '-t 1.2.3.4/80:80', exiting\n",
    why: "Failed to bind any port for '-t 1.2.3.4/80:80', exiting",
    hint: 'start it without: --network none',
  },
  {
    name: 'no IPv6 where it has no route for it',
    said: "No external routable interface for IPv6\nFailed to send 61 bytes to syslog\nFailed to bind any port for '-t ::1/61234:80', exiting\n",
    why: 'it finds no default route of IPv6 on this machine, and listens at no IPv6 address then',
    hint: 'publish the port at 127.0.0.1',
  },
  {
    name: 'its status where it said nothing',
    said: '',
    why: 'it ended with status 1',
    hint: 'start it without: --network none',
  },
])('an error of pasta tells $name', ({ said, why, hint }) => {
  const path = join(directory, 'said');
  writeFileSync(path, said);
  const fd = openSync(path, 'r');
  const error = pastaError(1, fd);
  closeSync(fd);
  expect({ why: error.why, hint: error.hint }).toEqual({ why, hint });
});
