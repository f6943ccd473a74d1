/** Every command of a console block prints what its page shows. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { repository } from '../support/fixture.ts';
import { HostNetwork } from '../support/host-network.ts';
import type { Need } from '../support/needs.ts';
import { requires } from '../support/requires.ts';
import { startProgramOnTerminal, tsrun } from '../support/tsrun.ts';
import { type Shown, shownCommands } from './pages.ts';

/** What a command needs to print what the page shows, and what in its output belongs to the machine. */
interface Condition {
  readonly command: RegExp;
  readonly needs: readonly Need[];
  readonly varies: RegExp | null;
}

const conditions: readonly Condition[] = [
  { command: /--hostname hello/, needs: ['terminal'], varies: null },
  // The numbers of the user and of its range.
  { command: /uid_map/, needs: ['rootless', 'subuid'], varies: /\d+/g },
  // How much of the 32 MiB the shell leaves, and in which order the two speak.
  { command: /-m 32m/, needs: ['cgroup-v2-memory'], varies: /^3\d$/m },
  { command: /-m 64m/, needs: ['root', 'without-memory-controller'], varies: null },
  // Its id.
  { command: /run -d --name web/, needs: [], varies: /^[0-9a-f]{64}$/ },
  // How long it ran.
  { command: /why web/, needs: [], varies: /\d+\.\d+ s/ },
  // Ids of a network and of containers; by pasta where it is not root who publishes a port.
  { command: /network create front/, needs: ['services', 'network'], varies: /^[0-9a-f]{64}$/ },
  { command: /--name (cache|site) |healthy cache site/, needs: ['services', 'network'], varies: /^[0-9a-f]{64}$/ },
  { command: /--network front|port site|cache site/, needs: ['services', 'network'], varies: null },
  // How many processes the host has.
  { command: /--without pid/, needs: [], varies: /\d+/g },
];

/** Lines that only slow machines, or those without cgroup v2 controllers, print in between; and a health check that runs just then. */
const asides =
  /^tsrun: (reading the image: |pids\.max 2048 (?:is )?not in force: |device rules are not in force: ).*\n|^\d+ http:\/\/127\.0\.0\.1\/\n/gm;

// Root's network is one for these tests alone; what people type has no network of its own where it asks for none.
const host = await HostNetwork.make();
const { home } = host.kept;
// A slow machine shows how far it has got with reading an image; one that is stored is not read.
beforeAll(async () => {
  const images = new Set(
    shownCommands().flatMap(({ command }) => command.match(/rootfs-fixtures\/out\/[\w.-]+/g) ?? []),
  );
  // What cannot be loaded without a choice is there to be refused.
  for (const image of images) await tsrun(['load', '-q', join(repository, image)], { env: home.env });
});
afterAll(() => host.dispose());
// Not the checkout itself: what a command writes there would stay.
const directory = join(home.path, 'checkout');
mkdirSync(directory);
for (const name of ['bin', 'rootfs-fixtures']) symlinkSync(join(repository, name), join(directory, name));

/** What a person would see, with what they type after a prompt inside. */
async function transcript({ command, output }: Shown): Promise<string> {
  const typed = [...output.matchAll(/^\/ # (.*)$/gm)].map(([, text = '']) => text);
  const settings = { cwd: directory, env: { ...home.env, COLUMNS: '200' } };
  if (typed.length === 0) {
    const running = host.start(
      'bash',
      '-c',
      `exec 2>&1; cd "$0"; export COLUMNS=200 TSRUN_NETWORK=none; ${command}`,
      directory,
    );
    running.end();
    return (await running.outcome).stdout.replaceAll(asides, '');
  }
  const running = startProgramOnTerminal(['bash', '-c', command], { ...settings, columns: 200 });
  let prompts = '';
  for (const line of typed) {
    prompts += '/ # [\\s\\S]*';
    await running.until(new RegExp(prompts));
    running.write(`${line}\n`);
  }
  const { stdout } = await running.outcome;
  return (
    stdout
      .replaceAll('\r\n', '\n')
      // A shell that edits its line asks the terminal where the cursor is.
      .replaceAll('\u001b[6n', '')
      // And writes it once more when it hears of the terminal's size after its first prompt.
      .replaceAll('\r/ # \u001b[J', '')
      .replaceAll(asides, '')
      // How busybox greets.
      .replace(/^\n\nBusyBox.*\n.*\n\n/m, '')
  );
}

const conditionOf = (command: string): Condition | undefined =>
  conditions.find((condition) => condition.command.test(command));

describe('a console block shows what happens', () => {
  for (const shown of shownCommands()) {
    const condition = conditionOf(shown.command);
    requires(...(condition?.needs ?? []))(`${shown.page}:${shown.line}: ${shown.command}`, async () => {
      const varying = (text: string): string =>
        condition?.varies ? text.replaceAll(new RegExp(condition.varies, 'gm'), 'N') : text;
      expect(varying((await transcript(shown)).trimEnd())).toBe(varying(shown.output.trimEnd()));
    });
  }

  requires()('and no condition here is about a command that is gone', () => {
    const gone = conditions.filter(({ command }) => !shownCommands().some((shown) => command.test(shown.command)));
    expect(gone).toEqual([]);
  });
});
