/** Firewalls of others that drop what they do not know: a packet has to please all tables, so no rule of ours helps. */
import { attributesOf, dataOf } from './netlink/answer.ts';
import { listChains } from './netlink/nftables.ts';
import { askKernel } from './netlink/send.ts';
import { ownSpace } from './netlink/space.ts';

/** netfilter's numbers: NF_INET_LOCAL_IN and NF_INET_FORWARD, NF_DROP; families inet and IPv4. */
const hooks = { input: 1, forward: 2 } as const;
const drop = 0;
const families: ReadonlyMap<number, string> = new Map([
  [1, 'inet'],
  [2, 'ip'],
]);

/** Chains whose policy is to drop what is forwarded, or comes in, as nft(8) names them: `ip filter FORWARD`. */
export function droppingChains(where: keyof typeof hooks): readonly string[] {
  let answers: Uint8Array;
  try {
    answers = askKernel('netfilter', [listChains], ownSpace);
  } catch {
    return [];
  }
  return dataOf(answers).flatMap(({ payload }) => {
    const family = families.get(payload[0] ?? 0);
    // struct nfgenmsg has four bytes.
    const attributes = new Map(attributesOf(payload.subarray(4)));
    const [table, name, hook, policy] = [1, 3, 4, 5].map((type) => attributes.get(type));
    if (family === undefined || hook === undefined || policy?.readUInt32BE(0) !== drop) return [];
    const number = new Map(attributesOf(hook)).get(1)?.readUInt32BE(0);
    return number === hooks[where] ? [`${family} ${text(table)} ${text(name)}`] : [];
  });
}

const text = (bytes: Buffer | undefined): string => (bytes ?? Buffer.alloc(0)).toString('utf8').replace(/\0.*$/s, '');

/** For the person to read; null: there is none. */
export function firewallNotice(bridge: string): string | null {
  const [chain] = droppingChains('forward');
  if (chain === undefined) return null;
  // Docker's daemon leaves this chain to others.
  const where = chain === 'ip filter FORWARD' ? 'FORWARD' : null;
  const fix =
    where === null
      ? `let it accept what comes from and goes to ${bridge}`
      : `iptables -I ${where} -i ${bridge} -j ACCEPT; iptables -I ${where} -o ${bridge} -j ACCEPT`;
  return `the firewall of this machine (nft list chain ${chain}) may drop what containers send: ${fix}`;
}

/** The same of questions for names, which come in at the gateway. */
export function namesFirewallNotice(bridge: string): string | null {
  const [chain] = droppingChains('input');
  if (chain === undefined) return null;
  const fix =
    chain === 'ip filter INPUT'
      ? `iptables -I INPUT -i ${bridge} -p udp --dport 53 -j ACCEPT`
      : `let it accept what comes from ${bridge} to port 53`;
  return `the firewall of this machine (nft list chain ${chain}) may drop what containers ask for names: ${fix}`;
}
