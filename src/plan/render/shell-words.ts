/** Words of a shell script: quoting, and the places that a script names by variables. */

/** A word that sh(1) reads as exactly this text. */
export const quote = (text: string): string =>
  /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/**
 * A text without control characters. Parts of a plan come from the image: a line break would end a comment and start a
 * command, an escape sequence would talk to the terminal.
 */
export const oneLine = (text: string): string => text.replaceAll(/\p{Cc}/gu, '?');

/** The variables of a script; see {@link Places}. */
export interface PlaceNames {
  /** The container's own directory on the host; `$C` in the script. */
  readonly directory: string;
  /** Where the root filesystem is mounted; `$R`. */
  readonly root: string;
  /** The container's control group, or null; `$G`. */
  readonly cgroup: string | null;
}

/**
 * Paths as words. What lies below one of the three places starts with its variable, so that a script can have a
 * directory and a control group of its own.
 */
export class Places {
  readonly #variables: readonly (readonly [string, string])[];

  constructor(names: PlaceNames) {
    this.#variables = [
      ['R', names.root],
      ['C', names.directory],
      ...(names.cgroup === null ? [] : [['G', names.cgroup] as const]),
    ];
  }

  /** A path of the host. */
  host(path: string): string {
    for (const [name, place] of this.#variables) {
      if (path === place) return `"$${name}"`;
      if (path.startsWith(`${place}/`)) return joined(name, path.slice(place.length));
    }
    return quote(path);
  }

  /** A text for people, with the variables in the place of the long names; one line, whatever an image put into it. */
  comment(text: string): string {
    return oneLine(this.#variables.reduce((said, [name, place]) => said.replaceAll(place, `$${name}`), text));
  }

  /** A path of the container, before its root is the root. */
  inside(path: string): string {
    return path === '/' ? '"$R"' : joined('R', path);
  }
}

function joined(name: string, rest: string): string {
  const word = quote(rest);
  return word === rest ? `"$${name}${rest}"` : `"$${name}"${word}`;
}
