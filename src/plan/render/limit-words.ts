/** A resource limit in words. */
import { rlimInfinity, rlimitNames } from '../../oci/rlimits.ts';
import type { RaiseRlimit, Rlimit } from '../plan.ts';

/** @example limitWords(step) // 'nofile 1024:unlimited' */
export const limitWords = ({ resource, soft, hard }: Rlimit | RaiseRlimit): string =>
  `${rlimitNames[resource] ?? resource} ${limitWord(soft)}:${limitWord(hard)}`;

/** As prlimit(1) takes it. */
export const limitWord = (limit: bigint): string => (limit === rlimInfinity ? 'unlimited' : `${limit}`);
