/** `tsrun network fault NETWORK|CONTAINER`. */
import type { Command } from 'commander';
import { faultKept } from '../../../container/kept/fault-kept.ts';
import { type FaultFlags, parseFault } from '../../../container/request/network-fault.ts';
import type { CommandContext } from '../../command-table.ts';
import { print } from '../../output.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<network|container>', 'all containers that are on a network now, or one of them on all of its networks')
    .option('--latency <time>', 'each packet to it comes later: 100ms')
    .option('--jitter <time>', 'by how much more or less: 10ms')
    .option('--loss <percent>', 'so many packets to it are lost: 1%')
    .option('--rate <rate>', 'no more than this comes to it: 10mbit')
    .option('--cut', 'nothing comes to it or from it')
    .option('--clear', 'all is well again')
    .action(async (word: string, flags: FaultFlags) => {
      const containers = await faultKept(session.paths(), word, parseFault(flags));
      for (const { name } of containers) print(name);
    });
}
