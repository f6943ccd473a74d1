/** The config document of an image that is made from a container. */
import { parseImageConfig } from '../../image/document/image-config.ts';
import type { Digest, ImageConfig } from '../../image/image.ts';
import { signalName } from '../../oci/signals.ts';
import { mergeVariables } from '../config/environment.ts';
import type { KeptContainer } from '../kept/kept-container.ts';
import { changeConfig, type ExecutionDocument } from './change-config.ts';

export interface CommitWords {
  readonly author: string | null;
  readonly message: string | null;
  /** Dockerfile instructions. */
  readonly changes: readonly string[];
}

/** A document as it was read, with fields we need not know. */
type Document = Readonly<Record<string, unknown>> & {
  readonly config?: ExecutionDocument;
  readonly rootfs?: { readonly diff_ids?: readonly string[] };
  readonly history?: readonly object[];
};

/** What docker writes of the container that an image was made in; it says nothing of this one. */
const ofTheOldImage = ['container', 'container_config', 'id', 'parent', 'docker_version', 'created', 'author'];

/**
 * @param base of the image below; its layers are those of the new one, and `diffId` comes on top
 * @throws TsrunError USAGE for an instruction that is none
 */
export function committedDocument(
  base: Uint8Array,
  container: KeptContainer,
  { author, message, changes }: CommitWords,
  diffId: Digest,
  now: Date,
): { readonly config: ImageConfig; readonly configBytes: Uint8Array } {
  const document = JSON.parse(Buffer.from(base).toString('utf8')) as Document;
  const kept = Object.fromEntries(Object.entries(document).filter(([key]) => !ofTheOldImage.includes(key)));
  const created = now.toISOString();
  const by = author === null ? {} : { author };
  const entry = {
    created,
    ...by,
    created_by: container.kept.command.join(' '),
    ...(message === null ? {} : { comment: message }),
  };
  const configBytes = Buffer.from(
    JSON.stringify({
      ...kept,
      created,
      ...by,
      config: changeConfig(asItRan(document.config ?? {}, container), changes),
      rootfs: { type: 'layers', diff_ids: [...(document.rootfs?.diff_ids ?? []), diffId] },
      history: [...(document.history ?? []), entry],
    }),
  );
  return { configBytes, config: parseImageConfig(configBytes).config };
}

/** As with docker the image runs by default what the container ran, in the way it was asked to. */
function asItRan(config: ExecutionDocument, { kept }: KeptContainer): ExecutionDocument {
  const { request } = kept;
  const command = request.command.length > 0 ? { Cmd: request.command } : {};
  const entry = request.entrypoint === null ? command : { Entrypoint: request.entrypoint, Cmd: request.command };
  return {
    ...config,
    ...(request.env.length > 0 ? { Env: mergeVariables(config.Env ?? [], request.env) } : {}),
    ...entry,
    ...(request.user === null ? {} : { User: request.user }),
    ...(request.workingDirectory === null ? {} : { WorkingDir: request.workingDirectory }),
    ...(request.stopSignal === null ? {} : { StopSignal: signalName(request.stopSignal) }),
    ...(Object.keys(request.labels).length > 0 ? { Labels: { ...config.Labels, ...request.labels } } : {}),
  };
}
