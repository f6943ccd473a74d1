/**
 * A connection to a service manager: org.freedesktop.systemd1(5). Calls wait for the job they start, so that what was asked
 * for is so afterwards.
 */
import type { MessageBus } from '@homebridge/dbus-native';
import type { ScopeProperty, ScopeValue } from '../../plan/plan.ts';

const manager = {
  destination: 'org.freedesktop.systemd1',
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
} as const;

/** systemd answers in milliseconds, or within seconds while a machine boots; a bus that nobody serves never does. */
const patience = 30_000;

/** What systemd says no with; `name` for example org.freedesktop.systemd1.NoSuchUnit. */
export class ServiceManagerError extends Error {
  readonly dbusName: string;

  constructor(dbusName: string, message: string) {
    super(message);
    this.dbusName = dbusName;
  }
}

export class ServiceManager {
  readonly #bus: MessageBus;
  readonly #results = new Map<string, string>();
  #changed: () => void = () => undefined;
  /** Rejects when the connection breaks. */
  readonly #broken: Promise<never>;

  private constructor(bus: MessageBus) {
    this.#bus = bus;
    this.#broken = new Promise<never>((_, reject) => {
      bus.connection.on('error', reject);
      bus.connection.on('end', () => reject(new Error('the bus closed the connection')));
    });
    // Nobody may be waiting when it breaks.
    this.#broken.catch(() => undefined);
    bus.connection.on('message', (message: { readonly member?: string; readonly body?: readonly unknown[] }) => {
      if (message.member !== 'JobRemoved') return;
      const [, job, , result] = message.body ?? [];
      this.#results.set(String(job), String(result));
      this.#changed();
    });
  }

  /**
   * @param socket see busSocket
   * @throws Error when nobody serves it, or no service manager is there
   */
  static async connect(socket: string): Promise<ServiceManager> {
    // Loaded here and nowhere else: most runs never speak D-Bus.
    const { createClient } = await import('@homebridge/dbus-native');
    const { connectBus } = await import('./bus-stream.ts');
    const bus = createClient({ stream: connectBus(socket) });
    const connected = new ServiceManager(bus);
    try {
      await connected.#within(
        Promise.all([
          promised((done) => bus.addMatch("type='signal',interface='org.freedesktop.systemd1.Manager'", done)),
          connected.#invoke('Subscribe', '', []),
        ]),
      );
    } catch (cause) {
      connected.close();
      throw cause;
    }
    return connected;
  }

  /** Starts a transient unit and waits until it runs. */
  async start(unit: string, properties: readonly ScopeProperty[]): Promise<void> {
    const body = [unit, 'fail', properties.map(wire), []];
    const ask = () => this.#invoke('StartTransientUnit', 'ssa(sv)a(sa(sv))', body);
    await this.#job(
      ask().catch(async (cause: unknown) => {
        // One of that name that failed is kept until somebody resets it.
        if (!(cause instanceof ServiceManagerError) || !cause.dbusName.endsWith('.UnitExists')) throw cause;
        await this.#reset(unit);
        return ask();
      }),
      `starting ${unit}`,
    );
  }

  /** Changes a unit for as long as it runs. When this resolves, systemd has written its files too. */
  async setProperties(unit: string, properties: readonly ScopeProperty[]): Promise<void> {
    await this.#within(this.#invoke('SetUnitProperties', 'sba(sv)', [unit, true, properties.map(wire)]));
    // systemd writes files after its answer, and before it takes the next message.
    await this.#within(
      promised((done) =>
        this.#bus.invoke({ ...manager, interface: 'org.freedesktop.DBus.Peer', member: 'Ping' }, done),
      ),
    );
  }

  /** Ends a unit, with all its processes; one that is gone is fine. */
  async stop(unit: string): Promise<void> {
    try {
      await this.#job(this.#invoke('StopUnit', 'ss', [unit, 'replace']), `stopping ${unit}`);
    } catch (cause) {
      if (!(cause instanceof ServiceManagerError) || !cause.dbusName.endsWith('.NoSuchUnit')) throw cause;
    }
    await this.#reset(unit);
  }

  /**
   * Moves processes into a unit's group, or one below it: for a process that may not move itself there.
   *
   * @param below a path like `/container`; '' for the unit's own group
   */
  async attach(unit: string, below: string, pids: readonly number[]): Promise<void> {
    await this.#within(this.#invoke('AttachProcessesToUnit', 'ssau', [unit, below, pids]));
  }

  close(): void {
    this.#bus.connection.end();
  }

  /** A unit that did not fail has nothing to reset. */
  async #reset(unit: string): Promise<void> {
    await this.#within(this.#invoke('ResetFailedUnit', 's', [unit])).catch((cause: unknown) => {
      if (!(cause instanceof ServiceManagerError)) throw cause;
    });
  }

  /** JobRemoved(id, job, unit, result) may come before the reply that names the job. */
  async #job(asked: Promise<unknown>, what: string): Promise<void> {
    const result = await this.#within(
      asked.then(async (job) => {
        for (;;) {
          const found = this.#results.get(String(job));
          if (found !== undefined) return found;
          await new Promise<void>((resolve) => {
            this.#changed = resolve;
          });
        }
      }),
    );
    if (result !== 'done') throw new Error(`${what} ended with "${result}"`);
  }

  #invoke(member: string, signature: string, body: readonly unknown[]): Promise<unknown> {
    const message = signature === '' ? { ...manager, member } : { ...manager, member, signature, body };
    return promised((done) => this.#bus.invoke(message, done));
  }

  async #within<Result>(work: Promise<Result>): Promise<Result> {
    let timer: NodeJS.Timeout | null = null;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${patience / 1000} seconds`)), patience);
    });
    try {
      return await Promise.race([work, late, this.#broken]);
    } finally {
      if (timer !== null) clearTimeout(timer);
    }
  }
}

/** A 64-bit number crosses as text: the library takes no bigint. */
const wire = ({ name, signature, value }: ScopeProperty): readonly unknown[] => [name, [signature, wireValue(value)]];
const wireValue = (value: ScopeValue): unknown =>
  typeof value === 'bigint' ? value.toString() : typeof value === 'object' ? value.map(wireValue) : value;

/** A call as a promise of its first result. */
function promised(make: (done: (error: unknown, result?: unknown) => void) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    make((error, result) => {
      if (error === null || error === undefined) resolve(result);
      else reject(asError(error));
    });
  });
}

/** A reply that is an error is an object with its name and words. */
function asError(error: unknown): Error {
  if (error instanceof Error) return error;
  if (typeof error !== 'object' || error === null) return new Error(String(error));
  const { name = '', message = '' } = error as { readonly name?: string; readonly message?: string };
  return new ServiceManagerError(name, message === '' ? name : message);
}
