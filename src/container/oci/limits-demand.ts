import type { Demand } from '../../plan/plan.ts';

/** Clients send limits nobody asked for; where the host has no controllers, this variable says so. */
export const limitsDemand = (): Demand => (process.env['TSRUN_LIMITS'] === 'best-effort' ? 'best-effort' : 'required');
