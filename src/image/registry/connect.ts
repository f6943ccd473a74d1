/** Everything one command needs to speak to registries. */
import type { RegistryAccess } from './access.ts';
import { type Endpoint, registryEndpoint } from './endpoint.ts';
import type { Repository } from './remote-image.ts';
import { Backoff, type OnWait } from './retry.ts';
import { Session } from './session.ts';
import { type Patience, patience, Transport } from './transport.ts';

/** How long things may take; tests are less patient. */
export interface Times extends Patience {
  /** Milliseconds before a second try. */
  readonly firstWait: number;
}

export const times: Times = { ...patience, firstWait: 500 };

export class Connection implements AsyncDisposable {
  readonly backoff: Backoff;
  readonly #transport: Transport;
  readonly #access: RegistryAccess;

  constructor(access: RegistryAccess, signal: AbortSignal, onWait: OnWait, given: Times = times) {
    this.backoff = new Backoff(signal, onWait, given.firstWait);
    this.#transport = new Transport(access, signal, given);
    this.#access = access;
  }

  /** The hosts to ask for a repository, in order. */
  endpoints(repository: Repository): readonly Endpoint[] {
    const endpoint = registryEndpoint(repository);
    switch (this.#access.tls) {
      case 'as-configured':
        return [endpoint];
      case 'verified':
        return [{ ...endpoint, security: 'tls' }];
      case 'unverified':
        return [{ ...endpoint, security: 'unverified-or-http' }];
    }
  }

  session(endpoint: Endpoint, actions: 'pull' | 'pull,push'): Session {
    const { backoff } = this;
    return new Session({
      endpoint,
      transport: this.#transport,
      credentials: () => Promise.resolve(null),
      backoff,
      actions,
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#transport[Symbol.asyncDispose]();
  }
}
