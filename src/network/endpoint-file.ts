/** Where a container says which places on networks it has, or is about to take. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Endpoint } from './endpoint.ts';

/** Who is connected. */
export interface Holder {
  /** 64 hex digits. */
  readonly id: string;
  /** A file of its own, which goes when nothing is left to be given back. */
  readonly file: string;
}

/** None: []. The file is ours, in a directory of ours: its fields are believed. */
export function readEndpoints({ file }: Pick<Holder, 'file'>): readonly Endpoint[] {
  // Most have none: an exception costs more than a look.
  if (!existsSync(file)) return [];
  try {
    return parseEndpoints(readFileSync(file, 'utf8'));
  } catch {
    return [];
  }
}

/** What is not whole has none. */
export function parseEndpoints(text: string): readonly Endpoint[] {
  try {
    return JSON.parse(text) as readonly Endpoint[];
  } catch {
    return [];
  }
}

/** Whole or not at all: what it names has to be found by whoever gives it back. */
export function writeEndpoints({ file }: Holder, endpoints: readonly Endpoint[]): void {
  const unnamed = `${file}.new`;
  writeFileSync(unnamed, JSON.stringify(endpoints), { mode: 0o600 });
  renameSync(unnamed, file);
}
