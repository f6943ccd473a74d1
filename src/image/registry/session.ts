/** A conversation with one host about one repository: which protocol, who we are, where it sends us, and when to try again. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { type AddressGuard, checkLiteral, guardOf } from './address-guard.ts';
import { readChallenge } from './challenge.ts';
import { basicAuthorization, type Credentials, type FindCredentials } from './credentials/credentials.ts';
import type { Endpoint } from './endpoint.ts';
import {
  ConnectionError,
  connectionFailed,
  connectionWords,
  isCertificateError,
  isSilence,
  speaksNoTls,
  wantsCertificate,
} from './registry-error.ts';
import { type Backoff, isPassing, retryAfter } from './retry.ts';
import { fetchToken } from './token.ts';
import type { Answer, Question, Transport, Waiting } from './transport.ts';
import { parseUrl } from './url.ts';

/** What is asked of a repository. */
export interface Request {
  readonly method: Question['method'];
  /** Below `/v2/`; or a whole URL of the same host, which an upload is told. */
  readonly target: string | URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Question['body'];
}

/** More than any registry and the store behind it need. */
const maxRedirects = 5;

export class Session {
  readonly endpoint: Endpoint;
  readonly #transport: Transport;
  readonly #find: FindCredentials;
  readonly #backoff: Backoff;
  readonly #scope: string;
  readonly #verified: boolean;
  #base: Promise<URL> | null = null;
  #credentials: Promise<Credentials | null> | null = null;
  #authorization: string | null = null;
  #guard: Promise<AddressGuard> | null = null;
  readonly #answered = new Set<string>();
  #saidSilentAt = Number.NEGATIVE_INFINITY;

  /** @param scope what its token is to allow: `repository:NAME:pull`; '': just to be known */
  constructor(parts: {
    readonly endpoint: Endpoint;
    readonly transport: Transport;
    readonly credentials: FindCredentials;
    readonly backoff: Backoff;
    readonly scope: string;
  }) {
    this.endpoint = parts.endpoint;
    this.#transport = parts.transport;
    this.#find = parts.credentials;
    this.#backoff = parts.backoff;
    this.#scope = parts.scope;
    this.#verified = parts.endpoint.security !== 'unverified-or-http';
  }

  /** The host, for messages. */
  get host(): string {
    return this.endpoint.host;
  }

  /** Where a target is, once it is known which protocol is spoken. */
  async url(target: string): Promise<URL> {
    return new URL(`/v2/${target}`, await this.#protocol());
  }

  /**
   * Asks, with leave if leave is needed, and again if what is wrong passes. A body that is a stream is sent once only: whoever has it can
   * open it again.
   *
   * @returns the answer, whatever its status
   * @throws TsrunError REGISTRY, REGISTRY_DENIED; ConnectionError when a stream broke
   */
  async ask(request: Request): Promise<Answer> {
    const once = isStream(request.body);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await this.askOnce(request);
        if (once || !isPassing(answer.status) || !this.#backoff.allows(attempt)) return answer;
        const wait = retryAfter(answer.header('retry-after'));
        await answer.discard();
        await this.#backoff.wait(attempt, wait, `"${this.host}" answered ${answer.status}`);
      } catch (error) {
        if (!(error instanceof ConnectionError) || once) throw error;
        // Nobody may be there at all: such a host is asked once more, one that has spoken before more often.
        const isHopeless = isFinal(error.code) || (isSilence(error.code) && this.#answered.size === 0 && attempt > 1);
        if (isHopeless || !this.#backoff.allows(attempt)) throw connectionFailed(this.host, error);
        await this.#backoff.wait(attempt, null, `"${this.host}": ${connectionWords(error)}`);
      }
    }
  }

  /**
   * Asks once, with the leave we have, and with new leave when that is not enough; a stream cannot be sent again then.
   *
   * @throws ConnectionError; TsrunError REGISTRY, REGISTRY_DENIED
   */
  async askOnce(request: Request): Promise<Answer> {
    for (let renewed = false; ; renewed = true) {
      const used = this.#authorization;
      const answer = await this.#send(request, used);
      const challenge = answer.status === 401 ? readChallenge(answer.headers('www-authenticate')) : null;
      if (challenge === null || renewed) return answer;
      // Somebody else of this session was told the same and has renewed it.
      if (this.#authorization !== used) {
        await answer.discard();
        if (isStream(request.body)) throw new ConnectionError('ECONNRESET', new Error('leave has run out'));
        continue;
      }
      this.#credentials ??= this.#find();
      const credentials = await this.#credentials;
      if (challenge.type === 'basic') {
        if (credentials?.type !== 'password') return answer;
        this.#authorization = basicAuthorization(credentials.user, credentials.password);
      } else {
        const registry = { base: await this.#protocol(), verified: this.#verified };
        const token = await fetchToken(
          (question) => this.#ask(question),
          registry,
          challenge,
          this.#scope,
          credentials,
        );
        this.#authorization = `Bearer ${token}`;
      }
      await answer.discard();
      if (isStream(request.body)) throw new ConnectionError('ECONNRESET', new Error('leave has run out'));
    }
  }

  /** Sends a request and goes where the answer says, for GET and HEAD. What we are allowed is said to this host alone. */
  async #send(request: Request, authorization: string | null): Promise<Answer> {
    const { method, headers, body } = request;
    const base = await this.#protocol();
    let url = request.target instanceof URL ? request.target : await this.url(request.target);
    for (let redirects = 0; ; redirects += 1) {
      const isHome = url.origin === base.origin;
      if (!isHome) this.#guard ??= guardOf(base.host);
      const guard = isHome ? 'any' : await (this.#guard ?? 'public-only');
      checkLiteral(url.host, guard);
      const answer = await this.#ask({
        method,
        url,
        headers: isHome && authorization !== null ? { ...headers, authorization } : headers,
        body,
        verified: this.#verified,
        guard,
      });
      if (![301, 302, 303, 307, 308].includes(answer.status) || (method !== 'GET' && method !== 'HEAD')) return answer;
      const location = answer.header('location');
      await answer.discard();
      if (redirects === maxRedirects) throw badRedirect(this.host, `it is sent on more than ${maxRedirects} times`);
      url = nextUrl(this.host, url, location);
    }
  }

  /** https, or http where that is allowed and nobody speaks TLS. Found out once, by whoever asks first. */
  #protocol(): Promise<URL> {
    this.#base ??= this.#findProtocol().catch((error: unknown) => {
      this.#base = null;
      throw error;
    });
    return this.#base;
  }

  /** Of many requests at once that are not answered, one is told of. */
  async #ask(question: Question): Promise<Answer> {
    const { host } = question.url;
    const onSilence: Waiting['onSilence'] = (milliseconds, left) => {
      const now = performance.now();
      if (now - this.#saidSilentAt < milliseconds) return;
      this.#saidSilentAt = now;
      this.#backoff.silent(host, milliseconds, left);
    };
    const answer = await this.#transport.ask(question, { isKnown: this.#answered.has(host), onSilence });
    this.#answered.add(host);
    return answer;
  }

  async #findProtocol(): Promise<URL> {
    const { host, security } = this.endpoint;
    const secure = new URL(`https://${host}`);
    if (security === 'tls') return secure;
    const url = new URL('/v2/', secure);
    try {
      const question = { method: 'GET', url, headers: {}, body: null, verified: this.#verified, guard: 'any' } as const;
      await (await this.#ask(question)).discard();
      return secure;
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      if (isCertificateError(error.code) || wantsCertificate(error.code)) throw error;
      return new URL(`http://${host}`);
    }
  }
}

const isStream = (body: Question['body']): boolean => body !== null && !(body instanceof Uint8Array);

/** Nothing that another try would change. */
const isFinal = (code: string): boolean =>
  ['ECONNREFUSED', 'ENOTFOUND', 'TSRUN_ADDRESS', 'TSRUN_PROXY'].includes(code) ||
  [isCertificateError, wantsCertificate, speaksNoTls].some((lasts) => lasts(code));

function nextUrl(host: string, from: URL, location: string | null): URL {
  const url = location === null ? null : parseUrl(location, from);
  if (url === null) throw badRedirect(host, 'it does not say where to');
  if (!/^https?:$/.test(url.protocol)) throw badRedirect(host, `to "${url.protocol}", which is no address of the web`);
  if (from.protocol === 'https:' && url.protocol === 'http:') {
    throw badRedirect(host, `from https to plain http at "${url.host}"`);
  }
  if (url.username !== '' || url.password !== '') throw badRedirect(host, 'to an address with a password in it');
  return url;
}

const badRedirect = (host: string, why: string): TsrunError =>
  new TsrunError('REGISTRY', `cannot follow the registry "${host}"`, { why: `its answer sends us on: ${why}` });
