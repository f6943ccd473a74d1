/** A port of the host where nobody asks for one by its number. */
import { readFileSync } from 'node:fs';

/** Ports that a connection's own end never has (ip-sysctl.rst, ip_local_port_range), as long as there are enough of them. */
const wanted = 256;
const highest = 65_535;

/**
 * Between the moment when a port is found free and the one when pasta listens there, or a rule takes what comes to it, any program may
 * get it for the own end of a connection: one above those that the kernel gives out for that is only taken by who asks for it.
 *
 * @param bind tries a port, 0 for one that the kernel chooses; resolves with its number, rejects with EADDRINUSE
 * @param range the words of net.ipv4.ip_local_port_range
 */
export async function freePort(
  bind: (port: number) => Promise<number>,
  range: string = readRange(),
  random: () => number = Math.random,
): Promise<number> {
  const above = Number(/\d+\s*$/.exec(range)?.[0] ?? highest) + 1;
  const ports = highest + 1 - above;
  for (let tries = ports < wanted ? 0 : 64; tries > 0; tries--) {
    try {
      return await bind(above + Math.floor(random() * ports));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  return await bind(0);
}

function readRange(): string {
  try {
    return readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
  } catch {
    return '';
  }
}
