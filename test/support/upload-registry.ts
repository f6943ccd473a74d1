/** A registry that takes blobs, by the distribution-spec, and misbehaves as a test says. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sha256 } from '../../rootfs-fixtures/image.ts';
import { serve } from './fake-registry.ts';

/** A request to write, with the upload it is about. */
export interface Writing {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What the registry has of the blob; a misbehaving one may change it. */
  bytes: Buffer;
  /** How many requests of this method there were, with this one. */
  readonly count: number;
  /** Reads so much of the body into `bytes`, then closes the connection. */
  readonly breakOffAfter: (length: number) => void;
  /** Answers with a status, these headers and where the upload goes on. */
  readonly answer: (status: number, headers?: Readonly<Record<string, string>>) => void;
}

/** @returns true when it has answered, or will */
export type Misbehave = (writing: Writing) => boolean;

export interface UploadRegistry {
  readonly host: string;
  /** `PATCH 0-99`, `PATCH` without a range, `GET`, `PUT`: those about uploads, in order. */
  readonly asked: readonly string[];
  /** By digest. */
  readonly blobs: ReadonlyMap<string, Buffer>;
  readonly close: () => Promise<void>;
}

/** @param leastPiece what it says that a piece has to have; null: it says nothing */
export async function uploadRegistry(
  leastPiece: number | null = null,
  misbehave: Misbehave = () => false,
): Promise<UploadRegistry> {
  const asked: string[] = [];
  const blobs = new Map<string, Buffer>();
  const uploads = new Map<string, { bytes: Buffer }>();
  const counts = new Map<string, number>();
  const { host, close } = await serve((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://here');
    const method = request.method ?? '';
    const blob = blobs.get(/\/blobs\/(sha256:[0-9a-f]{64})$/.exec(pathname)?.[1] ?? '');
    if (pathname === '/v2/') return void response.writeHead(200).end();
    if (!pathname.includes('/uploads/')) {
      return void response.writeHead(blob === undefined ? 404 : 200, { 'content-length': blob?.length ?? 0 }).end();
    }
    const range = request.headers['content-range'];
    asked.push(range === undefined ? method : `${method} ${range}`);
    counts.set(method, (counts.get(method) ?? 0) + 1);
    if (method === 'POST') {
      const id = String(uploads.size);
      uploads.set(id, { bytes: Buffer.alloc(0) });
      const least = leastPiece === null ? {} : { 'oci-chunk-min-length': String(leastPiece) };
      return void response.writeHead(202, { location: `${pathname}${id}?state=0`, ...least }).end();
    }
    const upload = uploads.get(pathname.split('/').at(-1) ?? '');
    if (upload === undefined) return void response.writeHead(404).end();
    const answer: Writing['answer'] = (status, headers = {}) => {
      const location = `${pathname}?state=${upload.bytes.length}`;
      response.writeHead(status, { location, range: `0-${Math.max(0, upload.bytes.length - 1)}`, ...headers }).end();
    };
    const writing: Writing = {
      request,
      response,
      get bytes() {
        return upload.bytes;
      },
      set bytes(bytes) {
        upload.bytes = bytes;
      },
      count: counts.get(method) ?? 0,
      breakOffAfter: (length) => {
        const most = upload.bytes.length + length;
        request.on('data', (chunk: Buffer) => {
          upload.bytes = Buffer.concat([upload.bytes, chunk]).subarray(0, most);
          if (upload.bytes.length === most) request.socket.destroy();
        });
      },
      answer,
    };
    if (misbehave(writing)) return;
    if (method === 'GET') return answer(204);
    if (range !== undefined && Number(range.split('-')[0]) !== upload.bytes.length) {
      request.resume().on('end', () => answer(416));
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      upload.bytes = Buffer.concat([upload.bytes, ...chunks]);
      if (method === 'PATCH') return answer(202);
      const digest = searchParams.get('digest') ?? '';
      if (digest !== `sha256:${sha256(upload.bytes)}`) return answer(400);
      blobs.set(digest, upload.bytes);
      uploads.delete(pathname.split('/').at(-1) ?? '');
      answer(201);
    });
  });
  return { host, asked, blobs, close };
}
