/** URLs that somebody else wrote. */

/** null: it is none. (`URL.parse` of Node 22.) */
export function parseUrl(text: string, base?: URL): URL | null {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}
