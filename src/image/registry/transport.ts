/** Requests over HTTP: connections, certificates and proxies, by undici, which is loaded only when a registry is spoken to. */
import { STATUS_CODES } from 'node:http';
import type { buildConnector, Dispatcher } from 'undici';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { RegistryAccess } from './access.ts';
import { type AddressGuard, guardedLookup } from './address-guard.ts';
import { systemAuthorities, tlsFor } from './certificates.ts';
import { type HttpProxy, proxyFor } from './proxy.ts';
import { proxyConnector, proxyRefusal, tunnelConnector } from './proxy-connection.ts';
import { ConnectionError } from './registry-error.ts';
import { noSlowerThan, type Slowest } from './stall.ts';
import { TlsAlerts } from './tls-alerts.ts';

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

/** Who waits for an answer. */
export interface Waiting {
  /** Whether the host has ever answered. */
  readonly isKnown: boolean;
  /** Hears once that the answer takes its time: for how long it has, and still may. */
  readonly onSilence: (milliseconds: number, left: number) => void;
}

/** Milliseconds. */
export interface Patience {
  readonly connect: number;
  /** Until the first answer of a host begins: who says nothing at all is not waited for as long as who works on something. */
  readonly greeting: number;
  /** Until another begins. */
  readonly answer: number;
  /** Until somebody hears that it is waited for. */
  readonly notice: number;
  /** Between two pieces of it. */
  readonly silence: number;
  readonly slowest: Slowest;
}

export const patience: Patience = {
  connect: 15_000,
  greeting: 30_000,
  answer: 60_000,
  notice: 5_000,
  silence: 30_000,
  slowest: { bytes: 16 * 1024, milliseconds: 60_000 },
};

export class Transport implements AsyncDisposable {
  readonly #access: RegistryAccess;
  readonly #signal: AbortSignal;
  readonly #patience: Patience;
  readonly #alerts = new TlsAlerts();
  readonly #dispatchers = new Map<string, Promise<Dispatcher>>();

  constructor(access: RegistryAccess, signal: AbortSignal, times: Patience = patience) {
    this.#access = access;
    this.#signal = signal;
    this.#patience = times;
  }

  /** @throws ConnectionError; the reason of the signal when that has fired */
  async ask(question: Question, waiting: Waiting): Promise<Answer> {
    const { method, url, headers, body } = question;
    this.#signal.throwIfAborted();
    const { greeting, answer: later, notice } = this.#patience;
    const patience = waiting.isKnown ? later : greeting;
    const sent = inParts(body);
    // A stream takes as long as it takes to be sent.
    const isSent = sent === null || sent instanceof Uint8Array;
    const length: Question['headers'] = body instanceof Uint8Array ? { 'content-length': String(body.length) } : {};
    const all = { ...headers, ...length };
    const silence = isSent ? setTimeout(() => waiting.onSilence(notice, patience - notice), notice) : undefined;
    try {
      const proxy = proxyFor(url, this.#access.env);
      const dispatcher = await this.#dispatcherFor(question, proxy);
      const answer = await dispatcher.request({
        ...(proxy !== null && url.protocol === 'http:' ? askedOf(proxy, url, all) : askedDirectly(url, all)),
        method,
        body: sent as Buffer | null,
        signal: this.#signal,
        headersTimeout: patience,
        bodyTimeout: this.#patience.silence,
      });
      // Proxy Authentication Required: no registry says that.
      if (answer.statusCode === 407 && proxy !== null) throw proxyRefusal(proxy, 407, STATUS_CODES[407] ?? '');
      const values = (name: string): readonly string[] => [answer.headers[name] ?? []].flat();
      return {
        status: answer.statusCode,
        header: (name) => values(name)[0] ?? null,
        headers: values,
        body: connectionErrors(noSlowerThan(answer.body, this.#patience.slowest), this.#signal),
        discard: async () => {
          answer.body.on('error', () => undefined);
          await answer.body.dump({ limit: 16 * 1024 }).catch(() => undefined);
        },
      };
    } catch (error) {
      throw this.#signal.aborted ? error : asConnectionError(this.#alerts.of(url.origin) ?? error);
    } finally {
      clearTimeout(silence);
    }
  }

  /** One for each host and way of speaking to it: a client certificate is shown to nobody else. */
  #dispatcherFor(question: Question, proxy: HttpProxy | null): Promise<Dispatcher> {
    const { url, verified, guard } = question;
    const key = `${url.origin} ${verified} ${guard}`;
    const known = this.#dispatchers.get(key);
    if (known !== undefined) return known;
    const made = this.#makeDispatcher(question, proxy);
    this.#dispatchers.set(key, made);
    return made;
  }

  async #makeDispatcher({ url, verified, guard }: Question, proxy: HttpProxy | null): Promise<Dispatcher> {
    const { Agent, buildConnector } = await import('undici');
    const timeout = this.#patience.connect;
    const tls = url.protocol === 'https:' ? { ...tlsFor(url.host, this.#access), rejectUnauthorized: verified } : {};
    const options = (more: object) => ({ ...tls, ...more, timeout }) as buildConnector.BuildOptions;
    // Names are the proxy's to look up.
    const watched = (more: object) => this.#alerts.watch(url.origin, buildConnector(options(more)));
    if (proxy === null) return new Agent({ connect: watched({ lookup: guardedLookup(guard) }) });
    const ca = systemAuthorities(this.#access);
    if (url.protocol === 'http:') return new Agent({ connect: proxyConnector(proxy, buildConnector(options({ ca }))) });
    const through = { proxy, ca, patience: timeout, signal: this.#signal };
    return new Agent({ connect: tunnelConnector(through, watched({})) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const made = await Promise.allSettled(this.#dispatchers.values());
    await Promise.all(made.flatMap((one) => (one.status === 'fulfilled' ? [one.value.destroy()] : [])));
  }
}

/** Bytes that are handed over at once. */
const part = 256 * 1024;

/** What is long goes in parts: whoever waits for the answer waits from when the last one was taken. */
function inParts(body: Question['body']): Question['body'] {
  if (!(body instanceof Uint8Array) || body.length <= part) return body;
  return (async function* () {
    for (let at = 0; at < body.length; at += part) yield body.subarray(at, at + part);
  })();
}

/** Where a request goes, and what it says there of where it belongs: RFC 9112 3.2. */
type Asked = Pick<Dispatcher.RequestOptions, 'origin' | 'path' | 'headers'>;

const askedDirectly = (url: URL, headers: Question['headers']): Asked => ({
  origin: url.origin,
  path: url.pathname + url.search,
  headers: { 'user-agent': 'tsrun', ...headers },
});

/** Plain http is a proxy's to read: it gets the whole address, as from Go's programs. Many open tunnels to port 443 alone. */
const askedOf = ({ url: proxy, authorization }: HttpProxy, url: URL, headers: Question['headers']): Asked => ({
  origin: proxy.origin,
  path: url.origin + url.pathname + url.search,
  headers: {
    ...{ 'user-agent': 'tsrun', ...headers, host: url.host },
    ...(authorization === null ? {} : { 'proxy-authorization': authorization }),
  },
});

const codeOf = (error: unknown): string | null => {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : null;
};

/** What is no failure of a connection is a mistake of ours. */
function asConnectionError(error: unknown): unknown {
  if (error instanceof ConnectionError || error instanceof TsrunError) return error;
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
