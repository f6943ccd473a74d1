/** A registry that does what a test says: a good one, by node:http on loopback, whose answers can be taken over one by one. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Writable } from 'node:stream';
import { type Image, sha256 } from '../../rootfs-fixtures/image.ts';
import type { Certificate } from './certificate.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** @returns true when it has answered */
export type Takeover = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface FakeRegistry {
  /** host:port */
  readonly host: string;
  readonly asked: readonly Asked[];
  /** The blobs of the image, config first, then layers. */
  readonly digests: { readonly manifest: string; readonly config: string; readonly layers: readonly string[] };
  readonly close: () => Promise<void>;
}

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** Serves a listener on a free port of loopback, over TLS with a certificate. */
export async function serve(
  listener: RequestListener,
  certificate?: Certificate,
): Promise<{ host: string; close: () => Promise<void> }> {
  const server =
    certificate === undefined
      ? createServer(listener)
      : createTlsServer({ cert: readFileSync(certificate.certificate), key: readFileSync(certificate.key) }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The documents and blobs of an image, by digest; `layer` may change how a layer is described. */
export function blobsOf(image: Image, layer: (descriptor: object) => object = (same) => same) {
  const blobs = new Map<string, Buffer>();
  const add = (mediaType: string, bytes: Buffer) => {
    const digest = `sha256:${sha256(bytes)}`;
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const config = add('application/vnd.oci.image.config.v1+json', image.config);
  const layers = image.layers.map(({ mediaType, bytes }) => add(mediaType, bytes));
  const manifest = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config, layers: layers.map(layer) }),
  );
  return { blobs, manifest, config: config.digest, layers: layers.map(({ digest }) => digest) };
}

/** Has one image, under every name. */
export async function fakeRegistry(
  image: Image,
  takeover: Takeover = () => false,
  layer?: (descriptor: object) => object,
  certificate?: Certificate,
): Promise<FakeRegistry> {
  const { blobs, manifest, config, layers } = blobsOf(image, layer);
  const asked: Asked[] = [];
  const digest = `sha256:${sha256(manifest)}`;
  const { host, close } = await serve((request, response) => {
    asked.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers });
    if (takeover(request, response)) return;
    if (request.url?.includes('/manifests/')) {
      response.writeHead(200, { 'content-type': manifestType, 'docker-content-digest': digest });
      response.end(request.method === 'HEAD' ? '' : manifest);
      return;
    }
    const blob = blobs.get(/\/blobs\/(sha256:[0-9a-f]{64})$/.exec(request.url ?? '')?.[1] ?? '');
    if (blob === undefined) response.writeHead(request.url === '/v2/' ? 200 : 404).end();
    else sendBlob(request, response, blob);
  }, certificate);
  return { host, asked, digests: { manifest: digest, config, layers }, close };
}

/** A blob, or the part of it that is asked for. */
export function sendBlob(request: IncomingMessage, response: ServerResponse, blob: Buffer): void {
  const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  if (from === undefined) {
    response.writeHead(200, { 'content-length': blob.length }).end(blob);
    return;
  }
  const rest = blob.subarray(Number(from));
  response
    .writeHead(206, {
      'content-length': rest.length,
      'content-range': `bytes ${from}-${blob.length - 1}/${blob.length}`,
    })
    .end(rest);
}

/** Bytes without end. */
export function endless(response: ServerResponse): void {
  const more = (): void => void (response.destroyed || response.write(Buffer.alloc(65536, 'x'), more));
  more();
}

/** A byte, and the next one a moment after it was sent: as slow as nobody would wait for. */
export function trickle(to: Writable | null): void {
  const more = (): void => void (to === null || to.destroyed || to.write('x', () => setTimeout(more, 20)));
  more();
}
