import type { Labels, ObjectOf } from '../kinds/index.ts'
import type { RegistryInputs } from './registry-inputs.ts'
import { localityOf, NOWHERE } from './locality.ts'
import type { ServiceEndpoint } from './model.ts'

const TLS_MODE_LABEL = 'security.istio.io/tlsMode'
const NETWORK_LABEL = 'topology.istio.io/network'

/** What a pod says about the endpoints that it serves. */
export type PodFacts = Pick<
  ServiceEndpoint,
  'labels' | 'serviceAccount' | 'namespace' | 'workload' | 'nodeName' | 'locality' | 'tlsMode' | 'network' | 'weight'
>

/** Whether labels say that the proxy beside an endpoint takes mutual TLS with mesh identities. The injector writes them. */
export function tlsModeOf(labels: Labels): ServiceEndpoint['tlsMode'] | undefined {
  const stated = labels[TLS_MODE_LABEL]
  return stated === undefined ? undefined : stated === 'istio' ? 'istio' : 'disabled'
}

export function factsOfPod(pod: ObjectOf<'Pod'>, inputs: RegistryInputs): PodFacts {
  const { labels, name, namespace } = pod.meta
  const node = pod.spec.nodeName === undefined ? undefined : inputs.node(pod.spec.nodeName)
  return {
    labels,
    serviceAccount: pod.spec.serviceAccountName,
    namespace,
    workload: { name, namespace },
    ...(pod.spec.nodeName !== undefined && { nodeName: pod.spec.nodeName }),
    locality: localityOf(labels, node?.meta.labels ?? {}),
    tlsMode: tlsModeOf(labels) ?? 'disabled',
    network: labels[NETWORK_LABEL] ?? '',
    weight: 1,
  }
}

/** An address nobody claims: an endpoint all the same, without labels or identity. */
export function factsOfStranger(namespace: string, nodeLabels: Labels): PodFacts {
  return {
    labels: {},
    serviceAccount: '',
    namespace,
    workload: undefined,
    locality: Object.keys(nodeLabels).length === 0 ? NOWHERE : localityOf({}, nodeLabels),
    tlsMode: 'disabled',
    network: '',
    weight: 1,
  }
}
