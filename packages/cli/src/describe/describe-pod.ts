import type { ObjectOf } from '@meshwork/config/kinds'
import { selects, type ModelPort, type Service, serviceKey } from '@meshwork/config/registry'
import { peerTlsFor, policiesFor } from '@meshwork/pilot/view'
import { decidingPeerAuthentication } from '../trace/inbound.ts'
import type { MeshModel } from '../trace/mesh-model.ts'
import { kubernetesOrEntry } from '../trace/outbound.ts'
import { nodeOfPod } from '../trace/source.ts'
import type { Cite } from '../trace/step.ts'
import { destinationRuleFacts, policySection, virtualServiceFacts } from './routes-to.ts'
import { type Fact, fact, type Section, warning } from './section.ts'

/** All that the mesh does for and with a pod. */
export function describePod(pod: ObjectOf<'Pod'>, model: MeshModel, cite: Cite): readonly Section[] {
  const { snapshot } = model
  const { labels, namespace } = pod.meta
  const services = snapshot.registry.services.filter(service => service.namespace === namespace && selects(service.selector, labels))
  const node = nodeOfPod(pod, model)
  const policies = policiesFor(snapshot.authorizationPolicies, snapshot.mesh.rootNamespace, { kind: node.kind, namespace, labels })
  return [
    { title: 'Pod', facts: podFacts(pod, cite) },
    {
      title: 'Services',
      facts:
        services.length === 0
          ? [warning('none selects this pod: nobody reaches it by a name')]
          : services.flatMap(each => serviceFacts(each, cite)),
    },
    { title: 'DestinationRules', facts: orNone(services.flatMap(each => destinationRuleFacts(each, labels, model, cite))) },
    { title: 'VirtualServices', facts: orNone(services.flatMap(each => virtualServiceFacts(each, labels, model, cite))) },
    { title: 'Mutual TLS', facts: tlsFacts(pod, services, model, cite) },
    policySection(policies, cite),
  ]
}

/** All that the mesh does with requests to a service. */
export function describeService(service: Service, model: MeshModel, cite: Cite): readonly Section[] {
  const endpoints = model.snapshot.registry.endpoints.get(serviceKey(service)) ?? []
  const places = endpoints.map(
    each => `${each.workload?.name ?? 'endpoint'} ${each.address}:${each.port}${each.ready ? '' : ' (not ready)'}`,
  )
  return [
    { title: 'Service', facts: serviceFacts(service, cite) },
    {
      title: 'Endpoints',
      facts: places.length === 0 ? [warning('none: requests get 503 with the flag UH')] : places.map(text => fact(text)),
    },
    { title: 'DestinationRules', facts: orNone(destinationRuleFacts(service, undefined, model, cite)) },
    { title: 'VirtualServices', facts: orNone(virtualServiceFacts(service, undefined, model, cite)) },
  ]
}

/** How the protocol of a port was found. */
export function serviceFacts(service: Service, cite: Cite): readonly Fact[] {
  const object = kubernetesOrEntry(service)
  return [
    fact(service.hostname, cite(object, 'metadata.name'), service.headless ? ['headless: clients connect to the pods themselves'] : []),
    ...service.ports.map((port, i) =>
      fact(`  port ${port.number} to ${port.targetPort}: ${protocolWords(port)}`, cite(object, `spec.ports[${i}]`)),
    ),
  ]
}

function protocolWords({ protocol, name }: ModelPort): string {
  return protocol === 'auto'
    ? `the proxy finds the protocol out (name '${name}' says none)`
    : `${protocol.toUpperCase()} (by the name '${name}' or appProtocol)`
}

const TELEMETRY_LABELS = ['app', 'version'] as const

function podFacts(pod: ObjectOf<'Pod'>, cite: Cite): readonly Fact[] {
  const { meta, spec } = pod
  const at = cite(pod, 'metadata.name')
  const missing = TELEMETRY_LABELS.filter(label => meta.labels[label] === undefined)
  return [
    fact(`${meta.namespace}/${meta.name}, account ${spec.serviceAccountName}`, at),
    ...(spec.status.ready === false ? [warning('not ready: it gets no requests', at)] : []),
    ...(missing.length === 0 ? [] : [fact(`without the label ${missing.join(' and ')}, which telemetry uses`, at)]),
    ...(spec.hostNetwork ? [warning('uses the network of its node: it has no proxy', at)] : []),
  ]
}

function tlsFacts(pod: ObjectOf<'Pod'>, services: readonly Service[], { snapshot }: MeshModel, cite: Cite): readonly Fact[] {
  const { namespace, labels } = pod.meta
  const { rootNamespace } = snapshot.mesh
  const ports = [
    ...new Set(services.flatMap(({ ports: all }) => all.flatMap(({ targetPort }) => (typeof targetPort === 'number' ? [targetPort] : [])))),
  ]
  return (ports.length === 0 ? [0] : ports).map(port => {
    const target = { namespace, labels, port }
    const mode = peerTlsFor(snapshot.peerAuthentications, rootNamespace, target)
    const deciding = decidingPeerAuthentication(snapshot.peerAuthentications, rootNamespace, target)
    const words = {
      strict: 'STRICT: only mutual TLS',
      permissive: 'PERMISSIVE: mutual TLS and plain text',
      disable: 'DISABLE: only plain text',
    }[mode]
    return fact(`${port === 0 ? '' : `port ${port} `}${words}`, deciding === undefined ? undefined : cite(deciding.policy, deciding.path))
  })
}

function orNone(facts: readonly Fact[]): readonly Fact[] {
  return facts.length === 0 ? [fact('none')] : facts
}
