/** Whose a signal is while a container is launched: the command's, then the container's, and at no moment nobody's. */
import { expect, test } from 'vitest';
import { ForegroundSignals } from '../../src/process/foreground-signals.ts';

test('at no moment of the launch has a signal its usual effect', () => {
  const signals = new ForegroundSignals(() => {});
  const bare: unknown[] = [];
  const look = (event: string | symbol): void => {
    if (process.listenerCount(event) === 0) bare.push(event);
  };
  process.on('removeListener', look);
  try {
    const container = { kill: () => {}, freeze: () => Promise.resolve(), thaw: () => {}, destroy: () => {} };
    signals.launched(container, { proxy: true, stopTimeout: 1, terminal: false });
    expect(bare).toEqual([]);
    signals[Symbol.dispose]();
    expect(bare).toContain('SIGHUP');
  } finally {
    process.off('removeListener', look);
  }
});
