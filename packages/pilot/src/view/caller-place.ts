import type { LocalityLbSetting, PortSettings } from '@meshwork/config/kinds'
import type { Service } from '@meshwork/config/registry'
import type { CallerPlace } from '../translate/endpoints/locality-order.ts'
import { nearnessOf } from './nearness.ts'
import type { ViewIdentity } from './view-identity.ts'

/** What holds for a service: its DestinationRule's setting, else its own wish, else the mesh's. undefined: distance does not matter. */
export function localitySetting(settings: PortSettings, service: Service, mesh: LocalityLbSetting): LocalityRule | undefined {
  const own = settings.loadBalancer?.localityLbSetting
  if (own !== undefined) return own.enabled === false ? undefined : { setting: own, evenWithoutOutlierDetection: false }
  const wish = nearnessOf(service)
  if (wish !== undefined) {
    return { setting: { distribute: [], failover: [], failoverPriority: wish }, evenWithoutOutlierDetection: true }
  }
  return mesh.enabled === false ? undefined : { setting: mesh, evenWithoutOutlierDetection: false }
}

export interface LocalityRule {
  readonly setting: LocalityLbSetting
  readonly evenWithoutOutlierDetection: boolean
}

/** The caller's place, if the rule and the place are such that endpoints are not all alike; undefined lets views share endpoints. */
export function callerPlace(rule: LocalityRule | undefined, settings: PortSettings, identity: ViewIdentity): CallerPlace | undefined {
  if (rule === undefined) return undefined
  const { setting, evenWithoutOutlierDetection } = rule
  const { place } = identity
  const failover = evenWithoutOutlierDetection || settings.outlierDetection !== undefined
  const byLabels = setting.failoverPriority.length > 0
  if (setting.distribute.length === 0 && !failover) return undefined
  if (place.locality.region === '' && !byLabels) return undefined
  const named = new Set(setting.failoverPriority.map(entry => entry.split('=', 1)[0]))
  return {
    locality: place.locality,
    labels: Object.fromEntries(Object.entries(place.labels).filter(([label]) => named.has(label))),
    setting,
    failover,
  }
}
