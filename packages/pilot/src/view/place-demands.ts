import type { LocalityLbSetting, ObjectOf, PortSettings } from '@meshwork/config/kinds'
import type { Service } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { nearnessOf } from './nearness.ts'

/** What of a caller's place some rule looks at. */
export interface PlaceDemands {
  readonly locality: boolean
  /** Names of labels. */
  readonly labels: ReadonlySet<string>
}

/** Asked for every proxy; the objects are looked through once. */
export function placeDemands({ destinationRules, registry, mesh }: MeshSnapshot): PlaceDemands {
  const byRules = remembered(rulesSeen, destinationRules, () => ofRules(destinationRules))
  const byServices = remembered(servicesSeen, registry.services, () => ofServices(registry.services))
  return {
    locality: byRules.locality || mesh.localityLbSetting.distribute.length > 0,
    labels: new Set([...byRules.labels, ...byServices, ...labelsOf(mesh.localityLbSetting)]),
  }
}

const rulesSeen = new WeakMap<MeshSnapshot['destinationRules'], PlaceDemands>()
const servicesSeen = new WeakMap<readonly Service[], readonly string[]>()

function remembered<K extends object, V>(memory: WeakMap<K, V>, key: K, compute: () => V): V {
  const known = memory.get(key)
  if (known !== undefined) return known
  const value = compute()
  memory.set(key, value)
  return value
}

function ofRules(rules: readonly ObjectOf<'DestinationRule'>[]): PlaceDemands {
  const settings = rules.flatMap(({ spec }) => [spec.trafficPolicy, ...spec.subsets.map(subset => subset.trafficPolicy)]).flatMap(allOf)
  return {
    // Distance orders wherever failing endpoints are noticed.
    locality: settings.some(
      ({ outlierDetection, loadBalancer }) =>
        outlierDetection !== undefined || (loadBalancer?.localityLbSetting?.distribute.length ?? 0) > 0,
    ),
    labels: new Set(settings.flatMap(({ loadBalancer }) => labelsOf(loadBalancer?.localityLbSetting))),
  }
}

type Policy = ObjectOf<'DestinationRule'>['spec']['trafficPolicy']

function allOf(policy: Policy): readonly PortSettings[] {
  return policy === undefined ? [] : [policy, ...policy.portLevelSettings]
}

function ofServices(services: readonly Service[]): readonly string[] {
  return [...new Set(services.flatMap(service => nearnessOf(service) ?? []))]
}

function labelsOf(setting: LocalityLbSetting | undefined): readonly string[] {
  return (setting?.failoverPriority ?? []).map(entry => entry.split('=', 1)[0] ?? '')
}
