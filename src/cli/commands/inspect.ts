/** `tsrun inspect NAME...`: docker's documents of containers, images and volumes, as far as there is an answer. */
import { type Command, Option } from 'commander';
import { containerSize } from '../../container/kept/container-size.ts';
import { findKept } from '../../container/kept/find-kept.ts';
import { listKept } from '../../container/kept/list-kept.ts';
import { findVolume, listVolumes } from '../../container/volumes/volume-store.ts';
import { nearest } from '../../errors/nearest.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { inspectImage } from '../../image/list-images.ts';
import type { CommandContext } from '../command-table.ts';
import { containerDocument } from '../container-document.ts';
import { containerIfAny } from '../container-if-any.ts';
import { imageDocument } from '../image-document.ts';
import { print } from '../output.ts';
import { compileTemplate } from '../template.ts';
import { volumeDocument } from '../volume-document.ts';

interface Flags {
  readonly format?: string;
  readonly type?: string;
  readonly size?: boolean;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<name...>', 'containers by name or id, stored images, or volumes')
    .addOption(
      new Option('--type <type>', 'only one kind; without it a container comes first, then an image').choices([
        'container',
        'image',
        'volume',
      ]),
    )
    .option('-s, --size', 'how much a container has written, and that with its image')
    .option('-f, --format <format>', "json, or a template such as '{{.Config.Env}}'")
    .action(async (references: readonly string[], { format, type, size = false }: Flags) => {
      const paths = session.paths();
      const template = format === undefined || format === 'json' ? null : compileTemplate(format);
      const found: (Document | string)[] = [];
      const failures: TsrunError[] = [];
      // All of them, as docker does; the first failure is the one reported.
      for (const reference of references) {
        try {
          const document = await documentOf(paths, reference, type, size);
          found.push(template === null ? document : template(document));
        } catch (error) {
          if (!(error instanceof TsrunError)) throw error;
          failures.push(error);
        }
      }
      if (template === null) print(format === 'json' ? JSON.stringify(found) : indented(found));
      else if (found.length > 0) print(found.join('\n'));
      const [first] = failures;
      if (first !== undefined) throw first;
    });
}

/** Two blanks for each level, but a line for each step of a plan. */
const indented = (documents: readonly unknown[]): string =>
  JSON.stringify(documents, null, 2).replace(
    /^( *)"steps": \[\n([\s\S]*?)\n\1\]/gm,
    (_, blanks: string, steps: string) => `${blanks}"steps": [\n${oneLineEach(steps, blanks)}\n${blanks}]`,
  );

function oneLineEach(steps: string, blanks: string): string {
  const parsed = JSON.parse(`[${steps}]`) as readonly unknown[];
  return parsed.map((step) => `${blanks}  ${JSON.stringify(step)}`).join(',\n');
}

type Document = Readonly<Record<string, unknown>>;

async function documentOf(paths: Paths, reference: string, type: string | undefined, size: boolean): Promise<Document> {
  if (type === 'volume') return volumeDocument(findVolume(paths, reference));
  const container =
    type === 'image' ? null : type === 'container' ? findKept(paths, reference) : containerIfAny(paths, reference);
  if (container !== null) return containerDocument(container, size ? await containerSize(paths, container) : null);
  try {
    return imageDocument(await inspectImage(paths, reference));
  } catch (error) {
    const maybeVolume = type === undefined && error instanceof TsrunError && error.code === 'IMAGE_NOT_FOUND';
    if (!maybeVolume) throw error;
    const volume = listVolumes(paths).find(({ name }) => name === reference);
    if (volume === undefined) throw nothingNamed(paths, reference, error);
    return volumeDocument(volume);
  }
}

/** docker's words, and its status. */
function nothingNamed(paths: Paths, reference: string, image: TsrunError): TsrunError {
  const close = nearest(
    reference,
    [...listKept(paths), ...listVolumes(paths)].map(({ name }) => name),
  );
  return new TsrunError('CONTAINER_NOT_FOUND', `no such object: ${reference}`, {
    why: 'no container, stored image or volume has that name or id',
    // An image may be a file that is not stored yet.
    hint: close === null ? (image.hint ?? 'tsrun ps -a lists containers') : `did you mean "${close}"?`,
  });
}
