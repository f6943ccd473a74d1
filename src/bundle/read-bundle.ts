/** A bundle: a directory with config.json and, usually, the root filesystem, runtime-spec bundle.md. */
import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errnoName } from '../errors/errno.ts';
import { errnoText } from '../errors/errno-text.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import { type BundleConfig, parseConfig, parseDocument } from '../oci/parse/config.ts';

export interface Bundle {
  /** Absolute. */
  readonly path: string;
  readonly config: BundleConfig;
  /** config.json as it was read. */
  readonly document: Uint8Array;
  /** Absolute path of the root filesystem. */
  readonly rootfs: string;
}

/** A configuration holds mounts, environment and annotations: more than this is no configuration. */
const maxBytes = 64 * 1024 * 1024;

/** @throws TsrunError CONFIG_INVALID naming the file or the field */
export function readBundle(directory: string): Bundle {
  const path = resolve(directory);
  const document = readDocument(join(path, 'config.json'));
  const config = parseConfig(parseDocument(document, 'config.json'));
  const rootfs = resolve(path, config.root.path);
  if (statSync(rootfs, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new TsrunError('CONFIG_INVALID', 'cannot use config.json: root.path', {
      why: `"${rootfs}" is not a directory`,
      hint: 'a relative path is meant from the bundle',
    });
  }
  return { path, config, document, rootfs };
}

/**
 * A document that a client hands over: config.json, process.json, the resources of `update`.
 * @throws TsrunError CONFIG_INVALID
 */
export function readDocument(path: string): Uint8Array {
  try {
    const fd = openSync(path, 'r');
    try {
      if (fstatSync(fd).size > maxBytes) throw unreadable(path, `it is larger than ${maxBytes} bytes`, null);
      return readFileSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof TsrunError) throw error;
    const errno = -((error as NodeJS.ErrnoException).errno ?? 0);
    throw unreadable(path, `${errnoName(errno)} (${errnoText(errno)})`, error);
  }
}

const unreadable = (path: string, why: string, cause: unknown): TsrunError =>
  new TsrunError('CONFIG_INVALID', `cannot read ${path}`, { why, cause });
