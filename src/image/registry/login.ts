/** Whether a registry takes a user's password: `GET /v2/`, distribution-spec "Determining Support". */
import type { RegistryAccess } from './access.ts';
import { Connection } from './connect.ts';
import type { Credentials } from './credentials/credentials.ts';
import { refused } from './registry-error.ts';

/** @throws TsrunError REGISTRY_DENIED, REGISTRY */
export async function checkLogin(
  registry: string,
  credentials: Credentials,
  access: RegistryAccess,
  signal: AbortSignal,
): Promise<void> {
  await using connection = new Connection(access, signal, () => undefined);
  const endpoint = connection.registry({ registry, path: '' });
  const session = connection.session(endpoint, { scope: '', credentials: () => Promise.resolve(credentials) });
  const answer = await session.ask({ method: 'GET', target: '', headers: {}, body: null });
  if (answer.status !== 200) throw await refused(endpoint.host, `cannot log in to "${registry}"`, answer);
  await answer.discard();
}
