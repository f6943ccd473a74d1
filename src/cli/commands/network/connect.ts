/** `tsrun network connect NETWORK CONTAINER`. */
import type { Command } from 'commander';
import { changeNetworks } from '../../../container/kept/connect-kept.ts';
import { findKept } from '../../../container/kept/find-kept.ts';
import { parseAddress, parseAlias, parseMac } from '../../../container/request/network.ts';
import { findNetwork } from '../../../network/network-store.ts';
import { append } from '../../append.ts';
import type { CommandContext } from '../../command-table.ts';
import { note } from '../../output.ts';

interface Flags {
  readonly ip?: string;
  readonly ip6?: string;
  readonly macAddress?: string;
  readonly alias: readonly string[];
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<network>', 'name or id')
    .argument('<container>', 'name or id')
    .option('--ip <address>', 'its IPv4 address there')
    .option('--ip6 <address>', 'its IPv6 address there')
    .option('--mac-address <address>', 'of its interface there')
    .option('--alias <name>', 'another name for those on the network', append, [])
    .action(async (network: string, word: string, { ip, ip6, macAddress, alias }: Flags) => {
      const paths = session.paths();
      const { name } = findNetwork(paths, network);
      const endpoint = {
        network: name,
        ip: ip === undefined ? null : parseAddress(ip, 4, '--ip'),
        ip6: ip6 === undefined ? null : parseAddress(ip6, 6, '--ip6'),
        mac: macAddress === undefined ? null : parseMac(macAddress, '--mac-address'),
        aliases: alias.map((each) => parseAlias(each, '--alias')),
      };
      const container = findKept(paths, word);
      await changeNetworks(paths, container, { type: 'connect', endpoint }, (line) => note(`tsrun: ${line}`));
    });
}
