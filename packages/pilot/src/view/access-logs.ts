import { type ExtensionProvider, type LogCondition, parseLogExpression, type TelemetrySpec } from '@meshwork/config/kinds'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import type { AccessLogSettings } from '../translate/filters/inputs.ts'
import { isForEnd, type TelemetryEnd } from './telemetry-levels.ts'

/** The provider that is there without being declared: a file, by MeshConfig's own fields (as in Istio). */
const BUILT_IN = 'envoy'

interface LogState {
  readonly disabled: boolean
  readonly filter: LogCondition | null
}

const LOGGED: LogState = { disabled: false, filter: null }

/** Where the proxies of a workload log requests: by MeshConfig, changed by Telemetry objects from the widest to the narrowest. */
export function accessLogs(levels: readonly TelemetrySpec[], end: TelemetryEnd, snapshot: MeshSnapshot): readonly AccessLogSettings[] {
  let logs = byDefault(snapshot)
  for (const level of levels) logs = changed(logs, level, end)
  return [...logs].flatMap(([name, { disabled, filter }]) => {
    const log = disabled ? undefined : logOf(name, snapshot)
    return log === undefined ? [] : [{ ...log, filter }]
  })
}

function byDefault({ mesh }: MeshSnapshot): ReadonlyMap<string, LogState> {
  const names = mesh.defaultProviders.accessLogging
  if (names.length > 0) return new Map(names.map(name => [name, LOGGED]))
  return mesh.accessLogFile === '' ? new Map() : new Map([[BUILT_IN, LOGGED]])
}

/** Providers that a level names replace those of wider levels; what it says without naming any concerns those that are there. */
function changed(logs: ReadonlyMap<string, LogState>, { accessLogging }: TelemetrySpec, end: TelemetryEnd): ReadonlyMap<string, LogState> {
  const entries = accessLogging.filter(({ match }) => isForEnd(match.mode, end))
  const named = entries.flatMap(({ providers }) => providers.map(({ name }) => name))
  const next = new Map(named.length === 0 ? logs : named.map(name => [name, logs.get(name) ?? LOGGED] as const))
  for (const { providers, disabled, filter } of entries) {
    const concerned = providers.length === 0 ? [...next.keys()] : providers.map(({ name }) => name)
    for (const name of concerned) {
      const before = next.get(name) ?? LOGGED
      next.set(name, {
        disabled: disabled ?? before.disabled,
        filter: filter === undefined ? before.filter : conditionOf(filter.expression),
      })
    }
  }
  return next
}

/** What is not understood does not keep anything out of the log; admission says so. */
function conditionOf(expression: string): LogCondition | null {
  return parseLogExpression(expression) ?? null
}

function logOf(name: string, { mesh }: MeshSnapshot): Omit<AccessLogSettings, 'filter'> | undefined {
  const provider = mesh.extensionProviders.find(candidate => candidate.name === name)
  if (provider !== undefined) return fileLog(provider)
  if (name !== BUILT_IN) return undefined
  return { path: mesh.accessLogFile || '/dev/stdout', encoding: mesh.accessLogEncoding, format: mesh.accessLogFormat }
}

/** undefined for providers that log nothing, or not to a file. */
function fileLog({ envoyFileAccessLog: file }: ExtensionProvider): Omit<AccessLogSettings, 'filter'> | undefined {
  if (file === undefined) return undefined
  const labels = file.logFormat?.labels
  if (labels !== undefined) return { path: file.path, encoding: 'JSON', format: JSON.stringify(labels) }
  return { path: file.path, encoding: 'TEXT', format: file.logFormat?.text ?? '' }
}
