/**
 * Asks systemd for a scope of our own with Delegate=yes: org.freedesktop.systemd1(5), systemd.resource-control(5), and
 * https://systemd.io/CGROUP_DELEGATION. Only systemd can move a process out of a session that belongs to root.
 */
import { randomBytes } from 'node:crypto';
import type { MessageBus } from '@homebridge/dbus-native';

const manager = {
  destination: 'org.freedesktop.systemd1',
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
} as const;

/** systemd answers in milliseconds; a bus that nobody serves never. */
const patience = 5_000;

/**
 * Moves a process into a new scope of the user's service manager. Resolves when it is there.
 *
 * @param socket path of the user's bus
 * @throws Error with the service manager's words
 */
export async function startDelegatedScope(socket: string, pid: number): Promise<void> {
  // Loaded here and nowhere else: most runs never speak D-Bus.
  const { createClient } = await import('@homebridge/dbus-native');
  const bus = createClient({ socket });
  const deadline = AbortSignal.timeout(patience);
  try {
    await Promise.race([
      start(bus, pid),
      new Promise<never>((_, reject) => bus.connection.on('error', reject)),
      new Promise<never>((_, reject) => {
        deadline.addEventListener('abort', () => reject(new Error(`no answer in ${patience / 1000} seconds`)));
      }),
    ]);
  } finally {
    bus.connection.end();
  }
}

async function start(bus: MessageBus, pid: number): Promise<void> {
  const jobs = new JobResults(bus);
  await call((done) => bus.addMatch("type='signal',interface='org.freedesktop.systemd1.Manager'", done));
  await call((done) => bus.invoke({ ...manager, member: 'Subscribe' }, done));
  const unit = `tsrun-${pid}-${randomBytes(4).toString('hex')}.scope`;
  const properties = [
    ['Description', ['s', 'containers of tsrun']],
    ['PIDs', ['au', [pid]]],
    ['Delegate', ['b', true]],
    // Gone from the list of units when it is over, also when something in it failed.
    ['CollectMode', ['s', 'inactive-or-failed']],
  ];
  const job = await call((done) =>
    bus.invoke(
      {
        ...manager,
        member: 'StartTransientUnit',
        signature: 'ssa(sv)a(sa(sv))',
        body: [unit, 'fail', properties, []],
      },
      done,
    ),
  );
  const result = await jobs.of(String(job));
  if (result !== 'done') throw new Error(`starting ${unit} ended with "${result}"`);
}

/** JobRemoved(id, job, unit, result); it may come before the reply that names the job. */
class JobResults {
  readonly #results = new Map<string, string>();
  #arrived: () => void = () => undefined;

  constructor(bus: MessageBus) {
    bus.connection.on('message', (message: { readonly member?: string; readonly body?: readonly unknown[] }) => {
      if (message.member !== 'JobRemoved') return;
      const [, job, , result] = message.body ?? [];
      this.#results.set(String(job), String(result));
      this.#arrived();
    });
  }

  async of(job: string): Promise<string> {
    for (;;) {
      const result = this.#results.get(job);
      if (result !== undefined) return result;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }
}

/** A call as a promise of its first result. */
function call(make: (done: (error: unknown, result?: unknown) => void) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    make((error, result) => {
      if (error === null || error === undefined) resolve(result);
      else reject(error instanceof Error ? error : new Error(describe(error)));
    });
  });
}

function describe(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) {
    const { message } = error;
    return Array.isArray(message) ? message.join(' ') : String(message);
  }
  return Array.isArray(error) ? error.join(' ') : String(error);
}
