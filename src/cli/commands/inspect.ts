/** `tsrun inspect IMAGE...`: docker's document, as far as the image answers it. */
import type { Command } from 'commander';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { type ImageDetails, inspectImage } from '../../image/list-images.ts';
import type { CommandContext } from '../command-table.ts';
import { print } from '../output.ts';
import { compileTemplate } from '../template.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<image...>', 'names or digests of stored images')
    .option('-f, --format <format>', "json, or a template such as '{{.Config.Env}}'")
    .action(async (references: readonly string[], { format }: { readonly format?: string }) => {
      const documents: Readonly<Record<string, unknown>>[] = [];
      const failures: TsrunError[] = [];
      // All of them, as docker does; the first failure is the one reported.
      for (const reference of references) {
        try {
          documents.push(inspectDocument(await inspectImage(session.paths(), reference)));
        } catch (error) {
          if (!(error instanceof TsrunError)) throw error;
          failures.push(error);
        }
      }
      if (format === undefined || format === 'json') print(JSON.stringify(documents, null, 2));
      else if (documents.length > 0) print(documents.map(compileTemplate(format)).join('\n'));
      const [first] = failures;
      if (first !== undefined) throw first;
    });
}

/** The keys are docker's, so that scripts need no change. */
export const inspectDocument = ({
  id,
  names,
  created,
  bytes,
  config,
  layers,
}: ImageDetails): Readonly<Record<string, unknown>> => ({
  Id: id,
  RepoTags: names,
  Created: created,
  Architecture: config.architecture,
  ...(config.variant === null ? {} : { Variant: config.variant }),
  Os: config.os,
  Size: bytes,
  Config: {
    User: config.user,
    ExposedPorts: keysAsObject(config.exposedPorts),
    Env: config.env,
    Entrypoint: config.entrypoint,
    Cmd: config.cmd,
    Volumes: keysAsObject(config.volumes),
    WorkingDir: config.workingDir,
    Labels: config.labels,
    StopSignal: config.stopSignal,
  },
  RootFS: { Type: 'layers', Layers: layers },
});

/** Go's sets: `{"80/tcp": {}}`. */
const keysAsObject = (keys: readonly string[]): Readonly<Record<string, object>> =>
  Object.fromEntries(keys.map((key) => [key, {}]));
