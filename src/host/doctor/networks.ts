/** Checks of what networks need: bridges and rules for root, pasta for others. */
import { type Check, ok, warn } from './check.ts';
import type { Machine } from './machine.ts';

export function checkTun(machine: Machine): Check {
  if (machine.exists('/dev/net/tun')) return ok('/dev/net/tun', 'there');
  return warn(
    '/dev/net/tun',
    'missing: ordinary users have no way out of their containers without it',
    'sudo modprobe tun',
  );
}

export function checkPasta(machine: Machine): Check {
  const program = machine.program('pasta');
  if (program !== null) return ok('pasta', program);
  return warn(
    'pasta',
    "missing: ordinary users' containers reach each other and nothing else",
    'sudo apt-get install passt',
  );
}

/** Tried out in a network namespace that goes at once. */
const trials = [
  ['ip', 'ip link add b0 type bridge', 'bridges'],
  ['ip', 'ip link add v0 type veth peer name v1', 'pairs of virtual interfaces (veth)'],
  [
    'nft',
    "nft 'add table inet t; add chain inet t c { type nat hook postrouting priority 100; }'",
    'nf_tables with NAT',
  ],
] as const;

const bridgeRules = "nft 'add table bridge t; add chain bridge t c { type filter hook prerouting priority 0; }'";

/** What keeps a container from sending as another one. */
function checkSenders(machine: Machine, unshare: string): Check {
  if (machine.attempt(unshare, ['--net', 'sh', '-c', bridgeRules]).exitCode === 0)
    return ok('rules for bridges', 'nf_tables has them: each container sends as itself alone');
  return warn(
    'rules for bridges',
    'nf_tables has none: containers of one network can send with each other’s addresses',
    'a kernel with CONFIG_NF_TABLES_BRIDGE',
  );
}

/** Only root can try. */
export function checkBridges(machine: Machine): readonly Check[] {
  const unshare = machine.program('unshare');
  if (machine.uid !== 0 || unshare === null) return [];
  const tried = trials.filter(([program]) => machine.program(program) !== null);
  if (tried.length < trials.length) {
    return [ok('bridges', 'not tried: that takes the programs ip and nft, which tsrun itself does not need')];
  }
  const missing = tried.filter(
    ([, command]) => machine.attempt(unshare, ['--net', 'sh', '-c', command]).exitCode !== 0,
  );
  if (missing.length === 0)
    return [ok('bridges', trials.map(([, , what]) => what).join(', ')), checkSenders(machine, unshare)];
  const names = missing.map(([, , what]) => what).join(', ');
  return [
    warn(
      'bridges',
      `the kernel makes no ${names}: containers have no network`,
      'sudo modprobe -a bridge veth nf_tables nft_chain_nat',
    ),
  ];
}
