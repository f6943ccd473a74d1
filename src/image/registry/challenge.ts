/** WWW-Authenticate, RFC 9110 11.6.1: what a registry wants to know before it answers. */

export type Challenge =
  | { readonly type: 'basic' }
  | { readonly type: 'bearer'; readonly realm: string; readonly service: string | null; readonly scope: string | null };

/**
 * The challenge to meet, a token's before a password's; null: none that we know.
 *
 * @example readChallenge(['Bearer realm="https://auth.example/token",service="r",scope="repository:a:pull"'])
 */
export function readChallenge(headers: readonly string[]): Challenge | null {
  const all = headers.flatMap(challenges);
  const bearer = all.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'));
  if (bearer !== undefined) {
    const parameter = (name: string): string | null => bearer.parameters.get(name) ?? null;
    return {
      type: 'bearer',
      realm: parameter('realm') ?? '',
      service: parameter('service'),
      scope: parameter('scope'),
    };
  }
  return all.some(({ scheme }) => scheme === 'basic') ? { type: 'basic' } : null;
}

interface Read {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

/** A scheme is a word without a =; its parameters follow, with commas between, as between two challenges. */
function challenges(header: string): readonly Read[] {
  const found: Read[] = [];
  const part = /\s*,?\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/y;
  for (let match = part.exec(header); match !== null; match = part.exec(header)) {
    const [, word = '', quoted, plain] = match;
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain;
    if (value === undefined) found.push({ scheme: word.toLowerCase(), parameters: new Map() });
    else found.at(-1)?.parameters.set(word.toLowerCase(), value);
  }
  return found;
}
