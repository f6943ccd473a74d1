/**
 * Where a container says how plugins have connected it, or are about to: as it was then, whatever has become of the configuration since.
 * It goes when DEL has been called.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isPublishedPorts } from '../published-port.ts';
import { isObject, parseConfiguration } from './configuration.ts';
import type { CniAttachment } from './invocation.ts';

export interface WrittenAttachment {
  readonly attachment: CniAttachment;
  /** null: ADD has not come to its end. */
  readonly result: Readonly<Record<string, unknown>> | null;
}

/** Whole or not at all. */
export function writeAttachment(file: string, { attachment, result }: WrittenAttachment): void {
  const { configuration, ...rest } = attachment;
  const unnamed = `${file}.new`;
  const text = JSON.stringify({ version: 1, ...rest, configuration: configuration.document, result });
  writeFileSync(unnamed, text, { mode: 0o600 });
  renameSync(unnamed, file);
}

/** null: there is none, or not of this version. */
export function readAttachment(file: string): WrittenAttachment | null {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
  if (!isObject(value) || value['version'] !== 1) return null;
  const { containerId, space, interfaceName, wishes, directories, configuration: document, result } = value;
  const parsed = parseConfiguration(JSON.stringify(document));
  if (parsed.type === 'invalid' || !isTexts([containerId, space, interfaceName]) || !isTexts(directories)) return null;
  if (!isWishes(wishes)) return null;
  const attachment = { containerId, space, interfaceName, wishes, directories } as Omit<CniAttachment, 'configuration'>;
  return {
    attachment: { ...attachment, configuration: parsed.configuration },
    result: isObject(result) ? result : null,
  };
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === 'string');

const isWishes = (value: unknown): boolean =>
  isObject(value) &&
  isTexts(value['ips']) &&
  isTexts(value['aliases']) &&
  (value['mac'] === null || typeof value['mac'] === 'string') &&
  isPublishedPorts(value['ports']);
