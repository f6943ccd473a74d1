/** The state that hooks read on standard input, runtime-spec runtime.md#state. */
import type { ContainerStatus } from '../state/process-status.ts';

export interface StateParts {
  readonly ociVersion: string;
  readonly id: string;
  readonly bundle: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export function stateJson(parts: StateParts, status: ContainerStatus, pid: number): string {
  const { ociVersion, id, bundle, annotations } = parts;
  return JSON.stringify({ ociVersion, id, status, ...(status === 'stopped' ? {} : { pid }), bundle, annotations });
}
