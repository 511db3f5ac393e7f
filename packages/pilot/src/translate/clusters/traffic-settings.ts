import { Remembered } from '../../snapshot/remembered.ts'
import type { DestinationRuleSpec, MeshConfigSpec, PortSettings, TrafficPolicy } from '@meshwork/config/kinds'

/** What holds for one port of one subset of a host. */
export type DestinationSettings = PortSettings & Pick<Partial<TrafficPolicy>, 'tunnel' | 'proxyProtocol' | 'retryBudget'>

/** The settings that a port's entry replaces. */
const BY_PORT = ['loadBalancer', 'connectionPool', 'outlierDetection', 'tls'] as const
const NOT_BY_PORT = ['tunnel', 'proxyProtocol', 'retryBudget'] as const

/**
 * The settings for one port of one subset, from general to special, each over what came before: the rule's, its entry for the port, the
 * subset's, its entry for the port. Policies win field by field; an entry for a port replaces what it may state entirely, with
 * defaults for what it leaves out (Istio's documentation of `portLevelSettings`).
 */
export function settingsFor(rule: DestinationRuleSpec | undefined, subset: string, port: number): DestinationSettings {
  if (rule === undefined) return NO_SETTINGS
  const own = rule.subsets.find(({ name }) => name === subset)?.trafficPolicy
  return withPolicy(ofAllSubsets(rule.trafficPolicy, port), own, port)
}

/** One object, as much is remembered by settings. */
const NO_SETTINGS: DestinationSettings = {}
const known = new Remembered<DestinationSettings>()

function ofAllSubsets(policy: TrafficPolicy | undefined, port: number): DestinationSettings {
  return policy === undefined ? NO_SETTINGS : known.get(policy, String(port), [], () => withPolicy(NO_SETTINGS, policy, port))
}

function withPolicy(base: DestinationSettings, policy: TrafficPolicy | undefined, port: number): DestinationSettings {
  if (policy === undefined) return base
  const merged = { ...base, ...picked(policy, BY_PORT), ...picked(policy, NOT_BY_PORT) }
  const entry = policy.portLevelSettings.find(settings => settings.port === port)
  return entry === undefined ? merged : { ...picked(merged, NOT_BY_PORT), ...picked(entry, BY_PORT) }
}

/** Members that are set. */
function picked<T extends object, K extends keyof T>(from: T, names: readonly K[]): Partial<Pick<T, K>> {
  const result: Partial<Pick<T, K>> = {}
  for (const name of names) if (from[name] !== undefined) result[name] = from[name]
  return result
}

/** Fills in what the mesh says for clusters of which no rule does. */
export function withMeshDefaults(settings: DestinationSettings, mesh: MeshDefaults): DestinationSettings {
  const { tcpKeepalive, h2UpgradePolicy } = mesh
  if (tcpKeepalive === undefined && h2UpgradePolicy !== 'UPGRADE') return settings
  return filledIn.get(settings, '', [tcpKeepalive, h2UpgradePolicy], () => fillIn(settings, mesh))
}

type MeshDefaults = Pick<MeshConfigSpec, 'tcpKeepalive' | 'h2UpgradePolicy'>
const filledIn = new Remembered<DestinationSettings>()

function fillIn(settings: DestinationSettings, { tcpKeepalive, h2UpgradePolicy }: MeshDefaults): DestinationSettings {
  const { tcp, http } = settings.connectionPool ?? {}
  const keepalive = tcpKeepalive !== undefined && tcp?.tcpKeepalive === undefined
  const stated = http?.h2UpgradePolicy !== undefined && http.h2UpgradePolicy !== 'DEFAULT'
  const upgrade = h2UpgradePolicy === 'UPGRADE' && !stated && http?.useClientProtocol !== true
  if (!keepalive && !upgrade) return settings
  return {
    ...settings,
    connectionPool: {
      ...settings.connectionPool,
      ...(keepalive && { tcp: { ...tcp, tcpKeepalive } }),
      ...(upgrade && { http: { ...http, h2UpgradePolicy: 'UPGRADE' as const } }),
    },
  }
}
