/** `tsrun port CONTAINER [PORT[/PROTOCOL]]`. */
import type { Command } from 'commander';
import { findKept } from '../../container/kept/find-kept.ts';
import { sweep } from '../../container/sweep.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { CommandContext } from '../command-table.ts';
import { print } from '../output.ts';
import { containerSide, hostSide, publishedPorts } from '../published-ports.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<container>', 'name or id')
    .argument('[port]', 'a port of the container, 80 or 53/udp; nothing: all')
    .action(async (word: string, port: string | undefined) => {
      const paths = session.paths();
      await sweep(paths);
      const container = findKept(paths, word);
      const all = publishedPorts(container);
      if (port === undefined) {
        if (all.length > 0) print(all.map((each) => `${containerSide(each)} -> ${hostSide(each)}`).join('\n'));
        return;
      }
      const wanted = port.includes('/') ? port : `${port}/tcp`;
      const found = all.filter((each) => containerSide(each) === wanted);
      if (found.length === 0) {
        throw new TsrunError('USAGE', `no public port "${wanted}" published for ${container.name}`, {
          why:
            all.length === 0
              ? 'none is: it does not run, or was started without -p'
              : `published are ${[...new Set(all.map(containerSide))].join(', ')}`,
          hint: 'ports are published when a container is made: tsrun run -p 8080:80',
        });
      }
      print(found.map(hostSide).join('\n'));
    });
}
