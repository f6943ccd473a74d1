/** Every container has a session keyring, and a user may have only so many keys: keyrings(7), keyctl(2). */
import { type Check, ok, warn } from './check.ts';
import type { Machine } from './machine.ts';

/** What an empty keyring costs of kernel.keys.maxbytes, its name included. */
const bytesEach = 10;
/** Fewer than this is worth a word. */
const few = 20;

export function checkKeyrings({ read, uid }: Machine): Check {
  const name = 'keyrings';
  // "  1000:    5 5/5 5/200 90/20000": keys in quota of allowed, bytes of allowed.
  const users = read('/proc/key-users') ?? '';
  const numbers = new RegExp(String.raw`^\s*${uid}:.* (\d+)/(\d+) (\d+)/(\d+)$`, 'm').exec(users);
  // A user without keys has no line, and a kernel without keys no file.
  if (numbers === null) return ok(name, 'none in use');
  const [keys = 0, maxKeys = 0, bytes = 0, maxBytes = 0] = numbers.slice(1).map(Number);
  const byKeys = maxKeys - keys;
  const byBytes = Math.floor((maxBytes - bytes) / bytesEach);
  const room = `room for ${Math.max(0, Math.min(byKeys, byBytes))} more containers`;
  if (Math.min(byKeys, byBytes) >= few) return ok(name, room);
  return byKeys <= byBytes
    ? warn(name, `${room}: this user has ${keys} of ${maxKeys} keys`, `sudo sysctl kernel.keys.maxkeys=${maxKeys * 10}`)
    : warn(
        name,
        `${room}: his keys take ${bytes} of ${maxBytes} bytes`,
        `sudo sysctl kernel.keys.maxbytes=${maxBytes * 10}`,
      );
}
