/** `--add-host NAME:ADDRESS` and the `--dns` family. */
import { isIP } from 'node:net';
import { badValue, notYet, type OptionName } from './bad-value.ts';
import type { HostEntry } from './run-request.ts';

/** Stands for the gateway of the container's network until that is known. */
export const hostGatewayWord = 'host-gateway';

/**
 * @param hostGateway the address at which the container reaches the host, or the word for it, or null
 * @example parseAddHost('db:10.0.0.5', null, '--add-host') // { host: 'db', address: '10.0.0.5' }
 * @throws TsrunError USAGE
 */
export function parseAddHost(value: string, hostGateway: string | null, name: OptionName): HostEntry {
  // docker takes = since 25, where it can be found first; a name has neither : nor =.
  const [, host = '', given = ''] = /^([^:=]*)[:=](.*)$/s.exec(value) ?? [];
  const address = given === hostGatewayWord && hostGateway !== null ? hostGateway : given.replace(/^\[(.*)\]$/, '$1');
  if (host === '' || address === '')
    throw badValue(name, value, 'it is not a name and an address', 'write NAME:ADDRESS, for example db:10.0.0.5');
  if (/[\s#]/.test(host))
    throw badValue(name, value, `"${host}" cannot stand in /etc/hosts`, 'leave blanks and # out of the name');
  if (address === hostGatewayWord && hostGateway === hostGatewayWord) return { host, address };
  if (address === hostGatewayWord) {
    throw notYet(
      name,
      value,
      'there is no network with a gateway to the host',
      'use --network bridge, or host, where it is 127.0.0.1',
    );
  }
  if (isIP(address) === 0)
    throw badValue(name, value, `"${address}" is not an IP address`, 'write for example db:10.0.0.5 or db:fd00::5');
  return { host, address };
}

/** @throws TsrunError USAGE */
export function parseDnsServer(value: string, name: OptionName): string {
  if (isIP(value) !== 0) return value;
  throw badValue(name, value, 'it is not an IP address', 'write the address of a name server, for example 9.9.9.9');
}

/** A search domain; `.` means none. Trailing dots are dropped. */
export function parseDnsSearch(value: string, name: OptionName): string {
  if (value === '.') return value;
  const domain = value.replace(/\.$/, '');
  if (/^[a-zA-Z0-9_]([\w-]*\w)?(\.[a-zA-Z0-9_]([\w-]*\w)?)*$/.test(domain)) return domain;
  throw badValue(name, value, 'it is not a domain name', 'write for example example.com, or . for none');
}

/** An option of resolv.conf(5), for example `ndots:2`. */
export function parseDnsOption(value: string, name: OptionName): string {
  if (/^[a-z0-9][a-z0-9-]*(:\d+)?$/i.test(value)) return value;
  throw badValue(name, value, 'it is not an option of resolv.conf(5)', 'write for example ndots:2');
}
