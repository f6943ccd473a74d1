/** What goes wrong between us and a registry, in the user's words. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Answer } from './transport.ts';

/** A connection that was never made, or broke: thrown by the transport, worth another try. */
export class ConnectionError extends Error {
  /** An errno name, or a code of TLS or undici. */
  readonly code: string;

  constructor(code: string, cause: unknown) {
    super(cause instanceof Error && cause.message !== '' ? cause.message : code, { cause });
    this.code = code;
  }
}

const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'its name cannot be looked up: there is no answer from a name server',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'it does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  UND_ERR_HEADERS_TIMEOUT: 'it took the request and does not answer',
  UND_ERR_BODY_TIMEOUT: 'it stopped in the middle of its answer',
  TSRUN_SLOW: 'its answer comes slower than anybody would wait for',
  ECONNRESET: 'it closed the connection',
  UND_ERR_SOCKET: 'it closed the connection',
};

/** Whether somebody was waited for who said nothing. */
export const isSilence = (code: string): boolean =>
  ['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT'].includes(code);

/** As the end of a sentence about the host. */
export const connectionWords = ({ code, message }: ConnectionError): string => unreachable[code] ?? message;

/** Whether the certificate of the host is what is wrong. */
export const isCertificateError = (code: string): boolean =>
  /^(CERT_|UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|ERR_TLS_CERT_|HOSTNAME_MISMATCH|CRL_|INVALID_CA|PATH_LENGTH)/.test(
    code,
  );

/** Whether it is our certificate that is wrong, or missing. */
export const wantsCertificate = (code: string): boolean =>
  /_ALERT_(BAD_CERTIFICATE|CERTIFICATE_|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE|ACCESS_DENIED)/.test(code);

/** Whether somebody is there who does not speak TLS. */
export const speaksNoTls = (code: string): boolean =>
  /^(EPROTO|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE|TLSV1_ALERT.*))$/.test(code);

/** Whether it is the proxy that does not let us through. */
const isProxyError = (code: string): boolean => code === 'TSRUN_PROXY' || code === 'TSRUN_PROXY_BUSY';

/** The error for the user, once there is no other way to try. */
export function connectionFailed(host: string, error: ConnectionError): TsrunError {
  const { code } = error;
  if (isCertificateError(code)) {
    return new TsrunError('REGISTRY', `cannot trust the registry "${host}"`, {
      why: `its certificate cannot be verified: ${error.message}`,
      hint: `put the certificate of its authority into /etc/containers/certs.d/${host}/ca.crt`,
      cause: error,
    });
  }
  if (wantsCertificate(code)) {
    const { cause } = error;
    const reason = cause instanceof Error && 'reason' in cause ? String(cause.reason) : code;
    return new TsrunError('REGISTRY_DENIED', `cannot speak to the registry "${host}"`, {
      why: `it wants a certificate of ours that it knows: ${reason}`,
      hint: `put it and its key into /etc/containers/certs.d/${host}/ as client.cert and client.key`,
      cause: error,
    });
  }
  if (speaksNoTls(code)) {
    return new TsrunError('REGISTRY', `cannot speak to the registry "${host}"`, {
      why: 'it does not speak TLS',
      hint: '--tls-verify=false allows plain http, which anybody on the way can read and change',
      cause: error,
    });
  }
  if (isProxyError(code)) {
    return new TsrunError('REGISTRY', `cannot reach the registry "${host}"`, {
      why: error.message,
      hint: 'HTTPS_PROXY and HTTP_PROXY name the proxy, and NO_PROXY the hosts that are reached without it',
      cause: error,
    });
  }
  return new TsrunError('REGISTRY', `cannot reach the registry "${host}"`, {
    why: unreachable[code] ?? `${error.message} (${code})`,
    hint:
      code === 'ECONNREFUSED' || code === 'ENOTFOUND'
        ? 'is the name of the registry right?'
        : 'is the network up, and is there a proxy to set (HTTPS_PROXY)?',
    cause: error,
  });
}

const maxErrorBytes = 64 * 1024;

/** An answer that says no. Reads its body. */
export async function refused(host: string, what: string, answer: Answer): Promise<TsrunError> {
  const said = await saidBy(answer);
  const why = `"${host}" answered ${answer.status}${said === null ? '' : `: ${said}`}`;
  if (answer.status === 401 || answer.status === 403) {
    return new TsrunError('REGISTRY_DENIED', what, {
      why,
      hint: `is the name right? else log in: tsrun login ${host}`,
    });
  }
  if (answer.status === 404) return new TsrunError('IMAGE_NOT_FOUND', what, { why, hint: 'is the name right?' });
  return new TsrunError('REGISTRY', what, {
    why,
    hint: answer.status === 429 ? 'wait, or log in: registries allow more to whom they know' : 'try again later',
  });
}

/** What the registry says of it, distribution-spec "Error Codes"; null: nothing that can be read. */
async function saidBy(answer: Answer): Promise<string | null> {
  try {
    const body: unknown = JSON.parse(Buffer.from(await readAll(answer.body, maxErrorBytes)).toString('utf8'));
    const errors = typeof body === 'object' && body !== null && 'errors' in body ? body.errors : null;
    const first: unknown = Array.isArray(errors) ? errors[0] : body;
    if (typeof first !== 'object' || first === null) return null;
    const { code, message, details } = first as Record<string, unknown>;
    const parts = [code, message ?? details].filter((part) => typeof part === 'string' && part !== '');
    return parts.length === 0 ? null : parts.join(', ').slice(0, 300);
  } catch {
    return null;
  }
}

/** A small body as a whole. @throws RangeError when it is longer */
export async function readAll(body: AsyncIterable<Uint8Array>, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > most) throw new RangeError(`it is longer than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
