/** Where a service manager can be spoken to, and as whom. Looks only; nothing connects. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { outsideId } from '../../host/user-namespace.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The socket of a bus, whether or not there is one. */
export function busSocket(bus: 'system' | 'user', env: Environment, uid: number = busUid()): string {
  if (bus === 'system') return '/run/dbus/system_bus_socket';
  // A session by su has no such variables, and its user's bus runs all the same.
  const usual = `/run/user/${uid}/bus`;
  // The address last: dbus-run-session(1) sets it to a bus of its own, where no service manager is.
  const named = [
    ...(env['XDG_RUNTIME_DIR'] ? [join(env['XDG_RUNTIME_DIR'], 'bus')] : []),
    ...(/^unix:(?:[^;]*,)?path=([^,;]+)/.exec(env['DBUS_SESSION_BUS_ADDRESS'] ?? '')?.slice(1) ?? []),
  ];
  return named.find((path) => existsSync(path)) ?? usual;
}

/** sd_booted(3): systemd is PID 1, and the bus has a socket. */
export const hasBus = (bus: 'system' | 'user', env: Environment): boolean =>
  existsSync('/run/systemd/system') && existsSync(busSocket(bus, env));

/** Who we are to the other side: uid 0 of rootless podman's user namespace is that user. */
export const busUid = (): number => outsideId(readFileSync('/proc/self/uid_map', 'latin1'), process.geteuid?.() ?? 0);
