/** Two commands on one container at the same time: one wins, the other says why, and nobody waits for ever. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires();

const waiting = 'trap "exit 3" TERM; echo ready; while :; do sleep 0.05 & wait $!; done';

/** Each word of a verb and its flags, and what may be said when the other was first. */
const pairs: readonly (readonly [first: string, second: string, state: 'running' | 'exited', excuse: RegExp])[] = [
  ['stop', 'rm -f', 'running', /no such container|removed|it has ended/],
  ['start', 'start', 'exited', /never/],
  ['start', 'rm', 'exited', /no such container|it is running/],
  ['stop', 'stop', 'running', /never/],
  ['kill', 'stop', 'running', /it is not running/],
  ['rm -f', 'rm -f', 'running', /no such container/],
  ['restart', 'stop', 'running', /never/],
  ['restart', 'rm -f', 'running', /no such container/],
  ['pause', 'stop', 'running', /it is not running|control group|paused/],
  ['exec NAME true', 'kill', 'running', /it is not running|ended|killed|exit/],
  ['rename NAME other', 'rm -f', 'running', /no such container/],
];

describe('two at once:', () => {
  for (const [first, second, state, excuse] of pairs) {
    test(`${first} and ${second}`, async () => {
      for (let round = 0; round < 3; round++) {
        await kept.detached('pair', waiting);
        await kept.untilLogged('pair', 'ready');
        if (state === 'exited') await kept.text('stop', 'pair');
        const words = (line: string): string[] =>
          line.includes('NAME') ? line.replace('NAME', 'pair').split(' ') : [...line.split(' '), 'pair'];
        const outcomes = await Promise.all([kept.run(...words(first)), kept.run(...words(second))]);
        // Three lines that a person understands, or nothing.
        for (const { stderr, exitCode } of outcomes) {
          expect(stderr).not.toContain('internal error');
          if (exitCode !== 0 && stderr !== '') expect(stderr).toMatch(excuse);
        }
        // Whoever won, it obeys.
        const left = (await kept.text('ps', '-aq')).split('\n').filter((id) => id !== '');
        expect(left.length).toBeLessThanOrEqual(1);
        if (left.length > 0) await kept.text('rm', '-f', ...left);
        expect(kept.entries('containers')).toEqual([]);
        expect(kept.entries('container-names')).toEqual([]);
      }
    });
  }

  test('fifty commands in one container', async () => {
    await kept.detached('busy', waiting);
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, i) => kept.run('exec', 'busy', 'sh', '-c', `echo ${i}; exit ${i}`)),
    );
    outcomes.forEach(({ stdout, exitCode }, i) => {
      expect(stdout).toBe(`${i}\n`);
      expect(exitCode).toBe(i);
    });
    await kept.text('rm', '-f', 'busy');
  });
});
