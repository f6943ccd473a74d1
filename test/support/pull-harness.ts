/** Pulls in this process from registries that a test makes up; everything is taken down after each test. */
import { closeSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach } from 'vitest';
import type { Image } from '../../rootfs-fixtures/image.ts';
import type { TsrunError } from '../../src/errors/tsrun-error.ts';
import type { ImageContext } from '../../src/image/context.ts';
import { type AccessFlags, noAccessFlags, registryAccess } from '../../src/image/registry/access.ts';
import type { Times } from '../../src/image/registry/connect.ts';
import { type PulledImage, pullImage } from '../../src/image/registry/pull-image.ts';
import { parseRemoteImage } from '../../src/image/registry/remote-image.ts';
import { storeLayout } from '../../src/image/store/layout.ts';
import type { Certificate } from './certificate.ts';
import { type FakeRegistry, fakeRegistry, type Takeover } from './fake-registry.ts';
import { makeHome, type TestHome } from './home.ts';
import { imageContext } from './image-context.ts';

/** A busy machine answers itself late. */
export const patient: Times = {
  ...{ connect: 60_000, greeting: 60_000, answer: 60_000, notice: 60_000, silence: 60_000, firstWait: 5 },
  slowest: { bytes: 1, milliseconds: 60_000 },
};
/** For what hangs: it is to fail within the test. */
export const impatient: Times = {
  ...{ ...patient, greeting: 1000, answer: 1000, silence: 500 },
  slowest: { bytes: 10_000, milliseconds: 1000 },
};

export interface PullSettings {
  /** What follows the name: `:1` */
  readonly version?: string;
  readonly times?: Times;
  readonly context?: Partial<ImageContext>;
  readonly flags?: Partial<AccessFlags>;
}

export interface PullHarness {
  /** Whose home directory it is. */
  readonly home: TestHome;
  readonly registry: (
    of: Image,
    takeover?: Takeover,
    more?: { readonly layer?: (descriptor: object) => object; readonly certificate?: Certificate },
  ) => Promise<FakeRegistry>;
  /** Closed after the test. */
  readonly closeLater: (server: { readonly close: () => Promise<void> }) => void;
  readonly pull: (host: string, settings?: PullSettings) => Promise<PulledImage>;
  /** What the store holds; the directories themselves stay. */
  readonly leftInStore: () => readonly string[];
}

export function pullHarness(): PullHarness {
  const all = makeHome();
  let home = all;
  let servers: { readonly close: () => Promise<void> }[] = [];
  beforeEach(() => {
    home = { ...all, store: join(all.path, `store-${Math.random()}`) };
  });
  afterEach(async () => {
    for (const server of servers) await server.close();
    servers = [];
  });
  afterAll(() => all[Symbol.dispose]());
  return {
    home: all,
    closeLater: (server) => void servers.push(server),
    registry: async (of, takeover, { layer, certificate } = {}) => {
      const started = await fakeRegistry(of, takeover, layer, certificate);
      servers.push(started);
      return started;
    },
    pull: async (host, { version = ':1', times = patient, context = {}, flags = {} } = {}) => {
      const access = registryAccess({ HOME: all.path }, { ...noAccessFlags, ...flags });
      const ctx = imageContext(home, context);
      const remote = parseRemoteImage(`${host}/team/x${version}`);
      const pulled = await pullImage(storeLayout(ctx.paths), remote, access, ctx, times);
      closeSync(pulled.image.lock);
      return pulled;
    },
    leftInStore: () =>
      ['blobs/sha256', 'images', 'layers', 'names', 'pending', 'tmp'].flatMap((directory) =>
        readdirSync(join(home.store, directory)).map((name) => `${directory}/${name}`),
      ),
  };
}

export const failure = async (pulling: Promise<unknown>): Promise<TsrunError> =>
  await pulling.then(
    () => {
      throw new Error('it was pulled');
    },
    (error: TsrunError) => error,
  );
