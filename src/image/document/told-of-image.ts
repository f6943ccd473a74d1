/** What a config says of its image beside what a container is made by: docker's fields, image-spec config.md. */
import { asArray, asObject, isAbsent, optionalObject, optionalText, optionalTexts, parseJson } from './json.ts';

export interface ToldOfImage {
  readonly author: string;
  /** Its own, or that of its last instruction. */
  readonly comment: string;
  readonly dockerVersion: string;
  readonly onBuild: readonly string[];
}

/** @throws TsrunError IMAGE_INVALID */
export function parseToldOfImage(bytes: Uint8Array): ToldOfImage {
  const document = asObject(parseJson(bytes, 'config'), 'config');
  const text = (key: string): string => optionalText(document[key], `config ${key}`) ?? '';
  const history = isAbsent(document['history']) ? [] : asArray(document['history'], 'config history');
  const last = optionalObject(history.at(-1), 'config history');
  return {
    author: text('author'),
    comment: text('comment') || (optionalText(last['comment'], 'config history comment') ?? ''),
    dockerVersion: text('docker_version'),
    onBuild: optionalTexts(optionalObject(document['config'], 'config.config')['OnBuild'], 'config.config OnBuild'),
  };
}
