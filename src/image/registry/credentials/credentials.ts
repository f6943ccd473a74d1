/** Who we are to a registry. */

export type Credentials =
  | { readonly type: 'password'; readonly user: string; readonly password: string }
  /** A refresh token of the token server, which docker keeps instead of a password. */
  | { readonly type: 'identity-token'; readonly token: string };

/** Looked up when a registry asks, and not before. null: nobody in particular. */
export type FindCredentials = () => Promise<Credentials | null>;

/** The value of an Authorization header. */
export const basicAuthorization = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
