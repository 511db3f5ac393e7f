/** Processes of ours that a plan may name, as their packages export them. Written out, so that tools see what is used. */
const MODULES: ReadonlyMap<string, () => string> = new Map([
  ['@meshwork/adapters/denier/main', () => import.meta.resolve('@meshwork/adapters/denier/main')],
  ['@meshwork/adapters/prometheus/main', () => import.meta.resolve('@meshwork/adapters/prometheus/main')],
  ['@meshwork/citadel/main', () => import.meta.resolve('@meshwork/citadel/main')],
  ['@meshwork/mixer/main', () => import.meta.resolve('@meshwork/mixer/main')],
  ['@meshwork/pilot/main', () => import.meta.resolve('@meshwork/pilot/main')],
  ['@meshwork/proxy/agent-main', () => import.meta.resolve('@meshwork/proxy/agent-main')],
  ['@meshwork/proxy/main', () => import.meta.resolve('@meshwork/proxy/main')],
])

/** The file URL of a module; other names must be file URLs already. */
export function resolveModule(name: string): string {
  return MODULES.get(name)?.() ?? name
}
