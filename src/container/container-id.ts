/** Container ids. */
import { randomBytes } from 'node:crypto';
import type { ContainerId } from './request/run-request.ts';

/** A new random id: 64 lower-case hex digits, as in docker. */
export const newContainerId = (): ContainerId => randomBytes(32).toString('hex') as ContainerId;
