/** Container ids. */
import { randomHex } from '../native/sha256.ts';
import type { ContainerId } from './request/run-request.ts';

/** A new random id: 64 lower-case hex digits, as in docker. */
export const newContainerId = (): ContainerId => randomHex(32) as ContainerId;
