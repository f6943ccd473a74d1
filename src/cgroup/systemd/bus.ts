/** Where a service manager can be spoken to. Looks only; nothing connects. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** The socket of a bus, whether or not there is one. */
export function busSocket(bus: 'system' | 'user', env: Environment): string {
  if (bus === 'system') return '/run/dbus/system_bus_socket';
  // A session by su has no such variable, and its user's bus runs all the same.
  return join(env['XDG_RUNTIME_DIR'] || `/run/user/${process.geteuid?.() ?? 0}`, 'bus');
}

/** sd_booted(3): systemd is PID 1, and the bus has a socket. */
export const hasBus = (bus: 'system' | 'user', env: Environment): boolean =>
  existsSync('/run/systemd/system') && existsSync(busSocket(bus, env));
