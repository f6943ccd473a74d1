/** A port of the host to be published. */
import type { Protocol } from './published-port.ts';

/** As it was asked for. */
export interface PublishRequest {
  readonly protocol: Protocol;
  /** null: where nobody says, the loopback. */
  readonly hostAddress: string | null;
  /** null: whatever is free. */
  readonly hostPort: number | null;
  readonly containerPort: number;
}
