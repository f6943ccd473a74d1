/** Tests that say what they need: skipped with the reason in their name where it is not there. */
import { type TestContext, test } from 'vitest';
import { missing, type Need } from './needs.ts';

type Body = (context: TestContext) => Promise<void> | void;

/**
 * Whoever runs a test chose to be root or not, and a machine has a controller or has not: the other half of the tests is
 * not missing equipment.
 */
const aboutTheCaller: ReadonlySet<Need> = new Set(['root', 'rootless', 'without-memory-controller', 'without-netem']);

/**
 * Needs that this kind of development machine does not meet and the virtual machine does. A hierarchy of cgroup v2 that root may use is there,
 * without controllers; to an ordinary user nobody delegates a part of it.
 */
const needsTheVm = (need: Need): boolean =>
  need.startsWith('cgroup-v2-') ||
  (need === 'cgroup-v2' && process.getuid?.() !== 0) ||
  need === 'cap-sys-resource' ||
  need === 'netem';

/**
 * Declares a test for machines that meet all of `needs`. With TSRUN_TESTS_MUST_RUN=1 missing equipment is a failure.
 * Tests that need its controllers or CAP_SYS_RESOURCE carry the tag "v2", those that need systemd "systemd"; both run in the virtual
 * machine.
 *
 * @example
 * requires('cgroup-v2-memory')('a process that exceeds -m is killed', async () => { ... });
 */
export function requires(...needs: readonly Need[]): (claim: string, body: Body) => void {
  const tags = needs.includes('systemd') ? ['systemd'] : needs.some(needsTheVm) ? ['v2'] : [];
  return (claim, body) => {
    const lacking = needs.map((need) => ({ need, reason: missing(need) })).filter(({ reason }) => reason !== null);
    const [first] = lacking;
    if (first === undefined) {
      test(claim, { tags }, body);
      return;
    }
    const name = `${claim} (${lacking.map(({ reason }) => reason).join('; ')})`;
    const equipment = lacking.filter(({ need }) => !aboutTheCaller.has(need));
    if (process.env['TSRUN_TESTS_MUST_RUN'] === '1' && equipment.length === lacking.length) {
      test(name, { tags }, () => {
        throw new Error(
          `this machine was said to have everything: ${equipment.map(({ reason }) => reason).join('; ')}`,
        );
      });
      return;
    }
    test(name, { tags, skip: true }, body);
  };
}
