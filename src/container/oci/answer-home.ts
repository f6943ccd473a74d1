/** HOME of a user that config.json gives as a number: from the entry of the container's own /etc/passwd, as runc does. */
import { addon } from '../../native/addon.ts';
import { answerLimits, type LauncherMessage } from '../../native/messages.ts';
import type { Plan } from '../../plan/plan.ts';
import { parsePasswd } from '../user/passwd.ts';

const maxBytes = 1024 * 1024;

/**
 * The ids are the plan's own, whatever the container's files say; without an entry HOME is /.
 *
 * @param root descriptor of the container's root
 */
export function answerHome(plan: Plan, index: number, root: number): LauncherMessage {
  const step = plan.steps[index];
  const identity = plan.steps.find(({ kind }) => kind === 'user');
  if (step?.kind !== 'lookup' || identity?.kind !== 'user' || identity.identity.type !== 'ids') {
    throw new Error(`step ${index} asks for no HOME of a known user`);
  }
  const { uid, gid, groups } = identity.identity;
  const home = parsePasswd(readPasswd(root)).find((entry) => entry.uid === uid)?.home ?? '';
  const usable = home !== '' && Buffer.byteLength(home) <= answerLimits.homeBytes && !home.includes('\0');
  return { type: 'answer', uid, gid, groups, home: usable ? home : '/' };
}

/** '' for a file that is missing, or is none that a user database could be. */
function readPasswd(root: number): string {
  try {
    return addon().readInRoot(root, '/etc/passwd', maxBytes).toString('utf8');
  } catch {
    return '';
  }
}
