import type { ConnectionPoolSettings, ObjectOf } from '@meshwork/config/kinds'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { settingsFor } from '../translate/clusters/traffic-settings.ts'
import { destinationRulesFor } from './destination-rules.ts'
import type { ViewIdentity } from './view-identity.ts'

/** The limits of a port of the own application. */
export type InboundPools = (port: number) => ConnectionPoolSettings | undefined

/** Those of the Sidecar; else those of the DestinationRule for the own service, so that the server has the room that its clients are given. */
export function inboundPools(identity: ViewIdentity, snapshot: MeshSnapshot, sidecar: ObjectOf<'Sidecar'> | undefined): InboundPools {
  const stated = sidecar?.spec.inboundConnectionPool
  if (stated !== undefined) return () => stated
  const rules = destinationRulesFor(snapshot, identity)
  return port => {
    const own = identity.ownPorts.find(candidate => candidate.port === port)
    if (own === undefined) return undefined
    const { host: hostname, namespace } = own.service
    return settingsFor(rules.ruleFor({ hostname, namespace })?.spec, '', own.servicePort).connectionPool
  }
}
