/** `tsrun network ls`. */
import type { Command } from 'commander';
import { localMoment } from '../../../host/local-time.ts';
import type { Network } from '../../../network/network-record.ts';
import { listNetworks } from '../../../network/network-store.ts';
import { formatSubnet } from '../../../network/subnet.ts';
import type { CommandContext } from '../../command-table.ts';
import { appendCondition } from '../../filter-condition.ts';
import { formatRows } from '../../format-rows.ts';
import { networkFilter } from '../../network-filter.ts';
import { print } from '../../output.ts';

interface Flags {
  readonly quiet?: boolean;
  readonly trunc: boolean;
  readonly filter: readonly string[];
  readonly format?: string;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .alias('list')
    .option('-f, --filter <condition>', 'driver, id, label or name, as in name=front', appendCondition, [])
    .option('--format <format>', "table, json, or a template such as '{{.Name}}: {{.Subnets}}'")
    .option('--no-trunc', 'whole ids')
    .option('-q, --quiet', 'only the ids')
    .action(({ quiet, trunc, filter, format }: Flags) => {
      const shows = networkFilter(filter);
      const rows = listNetworks(session.paths())
        .filter(shows)
        .map((network) => networkRow(network, trunc));
      const text =
        quiet === true && format === undefined
          ? rows.map(({ ID }) => ID).join('\n')
          : formatRows(rows, format, { headings, columns: '{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Subnets}}' });
      if (text !== '') print(text);
    });
}

/** The keys are docker's; `Subnets` and `Bridge` are ours. */
const networkRow = ({ id, name, created, subnets, reach, labels, driver, ...rest }: Network, short: boolean) => ({
  Bridge: 'bridge' in rest ? rest.bridge : '',
  get CreatedAt() {
    return localMoment(Date.parse(created));
  },
  Driver: driver.type,
  ID: short ? id.slice(0, 12) : id,
  IPv6: String(subnets.some(({ subnet }) => subnet.base.family === 6)),
  Internal: String(reach === 'internal'),
  Labels: Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(','),
  Name: name,
  Scope: 'local',
  Subnets: subnets.map(({ subnet }) => formatSubnet(subnet)).join(', '),
});

const headings = {
  Bridge: 'BRIDGE',
  CreatedAt: 'CREATED AT',
  Driver: 'DRIVER',
  ID: 'NETWORK ID',
  IPv6: 'IPV6',
  Internal: 'INTERNAL',
  Labels: 'LABELS',
  Name: 'NAME',
  Scope: 'SCOPE',
  Subnets: 'SUBNETS',
} as const;
