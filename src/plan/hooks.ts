/** Hooks in the container's namespaces as steps; those in the runtime's own are the launcher's. */
import type { OciConfig, OciHook } from '../oci/config.ts';
import type { ContainerHook, ContainerHooks } from './plan.ts';

/** Stands in the place of the pid, which is another inside and known to init alone. */
export const unknownPid = -1;

/** The state that hooks read, as JSON, by its status. */
export interface HookState {
  readonly creating: string;
  readonly created: string;
}

const mark = `"pid":${unknownPid}`;

/** @throws Error when the state has no {@link unknownPid}: a fault of ours */
export function containerHooks(
  config: OciConfig,
  name: ContainerHooks['name'],
  state: HookState,
): readonly ContainerHooks[] {
  const hooks = config.hooks?.[name] ?? [];
  if (hooks.length === 0) return [];
  const text = name === 'createContainer' ? state.creating : state.created;
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`the state for the ${name} hooks has no ${mark}`);
  const head = text.slice(0, at + '"pid":'.length);
  return [
    { kind: 'container-hooks', name, hooks: hooks.map(hookOf), state: { head, tail: text.slice(at + mark.length) } },
  ];
}

/** Without args the path is argv[0] (runtime-spec config.md, after execv(3)). */
const hookOf = ({ path, args, env, timeout }: OciHook): ContainerHook => ({
  path,
  argv: args === undefined || args.length === 0 ? [path] : args,
  env: env ?? [],
  milliseconds: Math.min((timeout ?? 0) * 1000, 0x7fff_ffff),
});
