/** Everything one command needs to speak to registries. */
import type { RegistryAccess } from './access.ts';
import { findRegistriesConf } from './conf/find-conf.ts';
import { pullPlaces, pushPlace, type RepositoryPlace } from './conf/places.ts';
import type { RegistriesConf } from './conf/registries-conf.ts';
import type { FindCredentials } from './credentials/credentials.ts';
import { findCredentials } from './credentials/find-credentials.ts';
import { type Endpoint, namesHost, registryEndpoint } from './endpoint.ts';
import type { RemoteImage, Repository } from './remote-image.ts';
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
  readonly #conf: RegistriesConf;

  constructor(access: RegistryAccess, signal: AbortSignal, onWait: OnWait, given: Times = times) {
    this.backoff = new Backoff(signal, onWait, given.firstWait);
    this.#transport = new Transport(access, signal, given);
    this.#access = access;
    this.#conf = findRegistriesConf(access);
  }

  /**
   * The hosts to ask for an image, in order: mirrors, then the registry itself.
   * @throws TsrunError REGISTRY_DENIED for one that registries.conf blocks
   */
  endpoints({ repository, version }: RemoteImage): readonly Endpoint[] {
    return pullPlaces(this.#conf, repository, version.type).map((place) => this.#endpoint(place));
  }

  /** The registry itself, to be written to. */
  registry(repository: Repository): Endpoint {
    return this.#endpoint(pushPlace(this.#conf, repository));
  }

  #endpoint({ repository, insecure }: RepositoryPlace): Endpoint {
    const endpoint = registryEndpoint(repository);
    switch (this.#access.tls) {
      case 'as-configured':
        return insecure ? { ...endpoint, security: 'unverified-or-http' } : endpoint;
      case 'verified':
        return { ...endpoint, security: 'tls' };
      case 'unverified':
        return { ...endpoint, security: 'unverified-or-http' };
    }
  }

  /** A conversation about the endpoint's repository; `as` in place of what the files with credentials say. */
  session(endpoint: Endpoint, as: { readonly scope: string; readonly credentials: FindCredentials }): Session {
    return new Session({ endpoint, transport: this.#transport, backoff: this.backoff, ...as });
  }

  /** To pull from it, as whom the files with credentials say we are. */
  pullSession(endpoint: Endpoint): Session {
    return this.#known(endpoint, `repository:${endpoint.path}:pull`);
  }

  /** To push to the registry itself, which may take blobs over from others of its repositories. */
  pushSession(repository: Repository, others: readonly string[]): Session {
    const endpoint = this.registry(repository);
    const scopes = [`repository:${endpoint.path}:pull,push`, ...others.map((path) => `repository:${path}:pull`)];
    return this.#known(endpoint, scopes.join(' '));
  }

  #known(endpoint: Endpoint, scope: string): Session {
    const credentials = () => findCredentials(this.#access, namesHost(endpoint.host), endpoint.path);
    return this.session(endpoint, { scope, credentials });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#transport[Symbol.asyncDispose]();
  }
}
