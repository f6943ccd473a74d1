/** `tsrun run --explain`: tells on standard error what is done, until the command starts. */
import { isatty } from 'node:tty';
import type { RunContext } from '../container/run.ts';
import { changeText } from '../network/change-text.ts';
import { milliseconds, Narration, toldStep } from '../plan/render/narration.ts';
import { noteRaw } from './output.ts';

/**
 * What `startContainer` reports its steps to.
 *
 * It tells a moment later, except at the end: init asks questions in between and waits for the answers, which telling
 * would hold up and so lengthen what is timed.
 */
export function explainer(format: 'text' | 'commands'): NonNullable<RunContext['onStep']> {
  let narration: Narration | null = null;
  const tell = (lines: readonly string[]): void => {
    // With -t the terminal is raw before the last steps are told: a line feed alone would go straight down.
    for (const line of lines) noteRaw(`${line}${isatty(2) ? '\r\n' : '\n'}`);
  };
  let before = 0;
  const tellChange = (change: Parameters<typeof changeText>[0]): void => {
    const text = changeText(change);
    if (text === null) return;
    before += 1;
    const time = milliseconds(text.nanoseconds);
    tell(format === 'commands' ? text.commands : toldStep(before, { ...text, where: 'outside, before', time }));
  };
  return (event) => {
    if (event.type === 'changed') return tellChange(event.change);
    if (event.type === 'planned') narration = new Narration(event.plan, event.places, format, before);
    else if (event.type === 'done') narration?.done(event.step, event.nanoseconds, event.pid);
    if (event.type === 'ready') tell(narration?.end() ?? []);
    else if (event.type === 'failed') tell(narration?.take() ?? []);
    else setImmediate(() => tell(narration?.take() ?? []));
  };
}
