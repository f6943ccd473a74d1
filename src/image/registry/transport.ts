/** Requests over HTTP: connections, certificates and proxies, by undici, which is loaded only when a registry is spoken to. */
import type { Dispatcher } from 'undici';
import type { RegistryAccess } from './access.ts';
import { type AddressGuard, guardedLookup } from './address-guard.ts';
import { tlsFor } from './certificates.ts';
import { proxyFor } from './proxy.ts';
import { ConnectionError } from './registry-error.ts';

export interface Answer {
  readonly status: number;
  /** Lower-case names; of several of a name the first. */
  readonly header: (name: string) => string | null;
  /** Every value of a header. */
  readonly headers: (name: string) => readonly string[];
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives up the body. */
  readonly discard: () => Promise<void>;
}

export interface Question {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | null;
  /** Whether the certificate is checked. */
  readonly verified: boolean;
  readonly guard: AddressGuard;
}

/** Milliseconds. */
export interface Patience {
  readonly connect: number;
  /** Until an answer begins. */
  readonly answer: number;
  /** Between two pieces of it. */
  readonly silence: number;
}

export const patience: Patience = { connect: 15_000, answer: 60_000, silence: 30_000 };

export class Transport implements AsyncDisposable {
  readonly #access: RegistryAccess;
  readonly #signal: AbortSignal;
  readonly #patience: Patience;
  readonly #dispatchers = new Map<string, Promise<Dispatcher>>();

  constructor(access: RegistryAccess, signal: AbortSignal, times: Patience = patience) {
    this.#access = access;
    this.#signal = signal;
    this.#patience = times;
  }

  /** @throws ConnectionError; the reason of the signal when that has fired */
  async ask(question: Question): Promise<Answer> {
    const { method, url, headers, body } = question;
    this.#signal.throwIfAborted();
    try {
      const dispatcher = await this.#dispatcherFor(question);
      const { request } = await import('undici');
      const answer = await request(url, {
        dispatcher,
        method,
        headers: { 'user-agent': 'tsrun', ...headers },
        body: body as Buffer | null,
        signal: this.#signal,
        headersTimeout: this.#patience.answer,
        bodyTimeout: this.#patience.silence,
      });
      const all = (name: string): readonly string[] => [answer.headers[name] ?? []].flat();
      return {
        status: answer.statusCode,
        header: (name) => all(name)[0] ?? null,
        headers: all,
        body: connectionErrors(answer.body, this.#signal),
        discard: async () => {
          answer.body.on('error', () => undefined);
          await answer.body.dump({ limit: 16 * 1024 }).catch(() => undefined);
        },
      };
    } catch (error) {
      throw this.#signal.aborted ? error : asConnectionError(error);
    }
  }

  /** One for each host and way of speaking to it: a client certificate is shown to nobody else. */
  #dispatcherFor(question: Question): Promise<Dispatcher> {
    const { url, verified, guard } = question;
    const key = `${url.origin} ${verified} ${guard}`;
    const known = this.#dispatchers.get(key);
    if (known !== undefined) return known;
    const made = this.#makeDispatcher(question);
    this.#dispatchers.set(key, made);
    return made;
  }

  async #makeDispatcher({ url, verified, guard }: Question): Promise<Dispatcher> {
    const { Agent, ProxyAgent } = await import('undici');
    const tls = url.protocol === 'https:' ? { ...tlsFor(url.host, this.#access), rejectUnauthorized: verified } : {};
    const proxy = proxyFor(url, this.#access.env);
    if (proxy !== null) {
      return new ProxyAgent({ uri: proxy, requestTls: tls, connect: { timeout: this.#patience.connect } });
    }
    return new Agent({
      connect: { ...tls, timeout: this.#patience.connect, lookup: guardedLookup(guard) },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const made = await Promise.allSettled(this.#dispatchers.values());
    await Promise.all(made.flatMap((one) => (one.status === 'fulfilled' ? [one.value.destroy()] : [])));
  }
}

const codeOf = (error: unknown): string | null => {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : null;
};

/** What is no failure of a connection is a mistake of ours. */
function asConnectionError(error: unknown): unknown {
  if (error instanceof ConnectionError) return error;
  // A host with several addresses fails with all their errors; undici wraps what its connector says.
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = codeOf(at);
    if (code !== null && code !== 'UND_ERR_INVALID_ARG') return new ConnectionError(code, at);
  }
  return error;
}

async function* connectionErrors(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw signal.aborted ? error : asConnectionError(error);
  }
}
