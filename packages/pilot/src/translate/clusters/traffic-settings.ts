import type { DestinationRuleSpec, PortSettings, TrafficPolicy } from '@meshwork/config/kinds'

/**
 * The settings for one port of one subset. A subset's policy wins over the rule's field by field; an entry for the port
 * replaces both entirely, with defaults for what it leaves out (Istio's documentation of `portLevelSettings`).
 */
export function settingsFor(rule: DestinationRuleSpec | undefined, subset: string, port: number): PortSettings {
  if (rule === undefined) return {}
  const own = rule.subsets.find(s => s.name === subset)?.trafficPolicy
  const forPort = portEntry(own, port) ?? portEntry(rule.trafficPolicy, port)
  if (forPort !== undefined) return pick(forPort)
  return { ...pick(rule.trafficPolicy), ...pick(own) }
}

function portEntry(policy: TrafficPolicy | undefined, port: number): PortSettings | undefined {
  return policy?.portLevelSettings.find(entry => entry.port === port)
}

function pick(settings: PortSettings | undefined): PortSettings {
  return {
    ...(settings?.loadBalancer === undefined ? {} : { loadBalancer: settings.loadBalancer }),
    ...(settings?.connectionPool === undefined ? {} : { connectionPool: settings.connectionPool }),
    ...(settings?.outlierDetection === undefined ? {} : { outlierDetection: settings.outlierDetection }),
    ...(settings?.tls === undefined ? {} : { tls: settings.tls }),
  }
}
