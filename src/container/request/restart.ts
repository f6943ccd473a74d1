/** `--restart`: docker's policies. */
import { badValue } from './bad-value.ts';

export type RestartPolicy =
  | { readonly name: 'no' | 'always' | 'unless-stopped' }
  /** maximum: how often; 0: without end. */
  | { readonly name: 'on-failure'; readonly maximum: number };

export const restartPolicies = ['no', 'on-failure', 'always', 'unless-stopped'] as const;

/** @throws TsrunError USAGE */
export function parseRestart(text: string, name: string): RestartPolicy {
  const [word = '', count] = splitOnce(text);
  const found = restartPolicies.find((known) => known === word);
  if (found === undefined) {
    throw badValue(
      name,
      text,
      'there is no such policy',
      `it is ${restartPolicies.slice(0, -1).join(', ')} or unless-stopped; on-failure:3 gives up after three`,
    );
  }
  if (found === 'on-failure') {
    if (count !== undefined && !/^\d{1,9}$/.test(count)) {
      throw badValue(
        name,
        text,
        'what stands behind the colon is no number of times',
        'write for example on-failure:3',
      );
    }
    return { name: found, maximum: Number(count ?? 0) };
  }
  if (count !== undefined) {
    throw badValue(name, text, 'only on-failure gives up after a number of times', `write ${name} ${found}`);
  }
  return { name: found };
}

function splitOnce(text: string): readonly [string, string?] {
  const at = text.indexOf(':');
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
