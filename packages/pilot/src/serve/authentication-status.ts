import type { ModelPort, Service } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { settingsFor } from '../translate/clusters/traffic-settings.ts'
import { destinationRulesFor } from '../view/destination-rules.ts'
import { visibleServices } from '../view/outbound-scope.ts'
import { peerTlsFor } from '../view/peer-tls.ts'
import type { ViewIdentity } from '../view/view-identity.ts'

/** A row of `/debug/authenticationz` (traffic.md 4.4), with the names that `istioctl authn tls-check` reads. */
export interface AuthenticationRow {
  readonly host: string
  readonly port: number
  readonly authentication_policy_name: string
  readonly destination_rule_name: string
  readonly server_protocol: string
  readonly client_protocol: string
  readonly TLS_conflict_status: 'OK' | 'CONFLICT'
}

const SERVER_WORDS = { disable: 'HTTP', permissive: 'HTTP/mTLS', strict: 'mTLS' } as const

/** What each port that a proxy may call accepts, and what the proxy will speak. */
export function authenticationStatus(identity: ViewIdentity, snapshot: MeshSnapshot): readonly AuthenticationRow[] {
  return visibleServices(identity.namespace, snapshot).flatMap(service =>
    service.ports.filter(({ protocol }) => protocol !== 'udp').map(port => row(service, port, identity, snapshot)),
  )
}

function row(service: Service, port: ModelPort, identity: ViewIdentity, snapshot: MeshSnapshot): AuthenticationRow {
  const rule = destinationRulesFor(snapshot, identity).ruleFor(service)
  const mode = settingsFor(rule?.spec, '', port.number).tls?.mode
  const target = {
    namespace: service.namespace,
    labels: service.selector,
    port: typeof port.targetPort === 'number' ? port.targetPort : undefined,
  }
  const server = service.external ? 'disable' : peerTlsFor(snapshot.peerAuthentications, snapshot.mesh.rootNamespace, target)
  // Without a word of a rule the client speaks what the server takes.
  const automatic = snapshot.mesh.enableAutoMtls && server !== 'disable' ? 'mTLS' : 'HTTP'
  const client = mode === undefined ? automatic : mode === 'ISTIO_MUTUAL' ? 'mTLS' : mode === 'DISABLE' ? 'HTTP' : 'TLS'
  const conflict = (server === 'strict' && client === 'HTTP') || (server === 'disable' && client === 'mTLS')
  return {
    host: service.hostname,
    port: port.number,
    authentication_policy_name: policyName(service, snapshot),
    destination_rule_name: rule === undefined ? '-' : `${rule.meta.name}/${rule.meta.namespace}`,
    server_protocol: SERVER_WORDS[server],
    client_protocol: client,
    TLS_conflict_status: conflict ? 'CONFLICT' : 'OK',
  }
}

/** Of the namespace, else of the mesh; those of single workloads are told by the ports of proxies. */
function policyName(service: Service, { peerAuthentications, mesh }: MeshSnapshot): string {
  const wide = peerAuthentications.filter(({ spec }) => Object.keys(spec.selector?.matchLabels ?? {}).length === 0)
  const found =
    wide.find(({ meta }) => meta.namespace === service.namespace) ?? wide.find(({ meta }) => meta.namespace === mesh.rootNamespace)
  return found === undefined ? '-' : `${found.meta.name}/${found.meta.namespace}`
}
