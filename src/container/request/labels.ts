/** `--label`, `--label-file` and `--annotation`. */
import type { OptionName } from './bad-value.ts';
import { type KeyValues, parseKeyValues } from './key-value.ts';
import { meaningfulLines, type ReadFile, readOptionFile } from './text-file.ts';

/** A label without a value is an empty one. */
export const parseLabels = (given: KeyValues, name: OptionName): Record<string, string> =>
  parseKeyValues(given, { bareValue: '', example: 'com.example.team=web' }, name);

export const parseAnnotations = (given: KeyValues, name: OptionName): Record<string, string> =>
  parseKeyValues(given, { bareValue: null, example: 'com.example.team=web' }, name);

export const parseLabelFile = (path: string, name: OptionName, readFile: ReadFile): Record<string, string> =>
  parseLabels(
    [...meaningfulLines(readOptionFile(path, name, readFile))].map(({ line }) => line),
    name,
  );
