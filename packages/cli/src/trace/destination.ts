import type { ServiceEndpoint } from '@meshwork/config/registry'
import type { ObjectOf } from '@meshwork/config/kinds'
import { inboundSteps, podOf } from './inbound.ts'
import type { MeshModel } from './mesh-model.ts'
import { type CallerView, kubernetesOrEntry } from './outbound.ts'
import type { TracedRequest } from './request.ts'
import type { Source } from './source.ts'
import { type Cite, type Citation, type Step, step } from './step.ts'

type ClusterInputs = CallerView['plan']['clusters'][number]

/** From the name of a cluster to the application of an endpoint. */
export function destinationSteps(
  cluster: string,
  http: boolean,
  caller: CallerView,
  request: TracedRequest,
  source: Source,
  model: MeshModel,
  cite: Cite,
): readonly Step[] {
  if (cluster === 'PassthroughCluster')
    return [step('cluster', cluster, { ends: 'the request goes to the address that was dialled, unchanged' })]
  const inputs = caller.plan.clusters.find(each => clusterNameOf(each) === cluster)
  if (inputs === undefined) return [missingCluster(cluster, model, cite)]
  const chosen = clusterStep(cluster, inputs, model, cite)
  const endpoints = endpointsOf(cluster, inputs, caller)
  const [first] = endpoints
  if (first === undefined) return [chosen, noEndpoint(inputs, model, cite)]
  const tls = clientTls(inputs, first, model, cite)
  const steps = [chosen, endpointStep(endpoints, inputs, model, cite), tls.step]
  const pod = podOf(first.endpoint.workload, model)
  if (pod === undefined || !hasProxy(first)) return [...steps, arrived(first.endpoint)]
  const inbound = inboundSteps({ pod, port: first.endpoint.port, mutualTls: tls.mutual, http, request, source }, model, cite)
  const refused = inbound.some(each => each.ends !== undefined)
  return [...steps, ...inbound, ...(refused ? [] : [arrived(first.endpoint)])]
}

function clusterNameOf({ port, subset, service }: ClusterInputs): string {
  return `outbound|${port.number}|${subset}|${service.hostname}`
}

function missingCluster(cluster: string, { snapshot }: MeshModel, cite: Cite): Step {
  const [, port = '', subset = '', host = ''] = cluster.split('|')
  const service = snapshot.registry.services.find(({ hostname }) => hostname === host)
  const rules = snapshot.destinationRules.filter(({ spec }) => spec.host === host)
  const subsets = rules.flatMap(({ spec }) => spec.subsets.map(({ name }) => name))
  const why =
    service === undefined
      ? `there is no service ${host} that this proxy sees. Create it, or correct the host`
      : subset !== '' && !subsets.includes(subset)
        ? `no DestinationRule defines the subset '${subset}'${subsets.length === 0 ? '' : ` (there are ${subsets.join(', ')})`}. Add it`
        : `${host} has no port ${port}, only ${service.ports.map(({ number }) => number).join(', ')}`
  const at = rules.map(rule => cite(rule, 'spec.subsets'))
  return step('cluster', `${cluster} does not exist`, { at, ends: `503 with the flag NC: ${why}` })
}

function clusterStep(cluster: string, { service, subset, rule, settings }: ClusterInputs, model: MeshModel, cite: Cite): Step {
  const written = ruleObjects(rule, subset, model)
  const at: Citation[] = [cite(kubernetesOrEntry(service), 'spec.ports')]
  for (const { object, index } of written) {
    at.push(cite(object, index < 0 ? 'spec.host' : `spec.subsets[${index}]`))
    if (object.spec.trafficPolicy !== undefined) at.push(cite(object, 'spec.trafficPolicy'))
  }
  const balancer =
    settings.loadBalancer?.simple ?? (settings.loadBalancer?.consistentHash === undefined ? 'LEAST_REQUEST' : 'consistent hashing')
  const effects = [
    `load balancing: ${balancer}`,
    ...(settings.outlierDetection === undefined ? [] : ['outlier detection ejects endpoints that fail']),
    ...(settings.connectionPool === undefined ? [] : ['limits of the connection pool hold (503 with the flag UO beyond them)']),
  ]
  return step('cluster', cluster, {
    because: subset === '' ? 'the whole service' : `the subset '${subset}' of ${service.hostname}`,
    at,
    effects,
  })
}

interface Written {
  readonly object: ObjectOf<'DestinationRule'>
  /** Place of the subset; -1 for the host. */
  readonly index: number
}

/** Several DestinationRules for one host act as one; a subset is cited where it stands. */
function ruleObjects(rule: ObjectOf<'DestinationRule'> | undefined, subset: string, { snapshot }: MeshModel): readonly Written[] {
  if (rule === undefined) return []
  const same = snapshot.destinationRules.filter(({ meta, spec }) => meta.namespace === rule.meta.namespace && spec.host === rule.spec.host)
  if (subset === '') return [{ object: rule, index: -1 }]
  const found = same
    .map(object => ({ object, index: object.spec.subsets.findIndex(({ name }) => name === subset) }))
    .find(({ index }) => index >= 0)
  return found === undefined ? [{ object: rule, index: -1 }] : [found]
}

interface Endpoint {
  readonly endpoint: ServiceEndpoint
  readonly mutualTls: boolean
}

function endpointsOf(cluster: string, inputs: ClusterInputs, { plan }: CallerView): readonly Endpoint[] {
  const assigned = plan.assignments.find(each => each.cluster === cluster)?.endpoints ?? []
  return [...assigned, ...inputs.dnsEndpoints]
}

function noEndpoint({ service, subset, rule }: ClusterInputs, model: MeshModel, cite: Cite): Step {
  const labels = rule?.spec.subsets.find(({ name }) => name === subset)?.labels ?? {}
  const words = Object.entries({ ...service.selector, ...labels }).map(([key, value]) => `${key}=${value}`)
  if (service.resolution === 'none' || service.resolution === 'dns')
    return step('endpoint', service.resolution === 'dns' ? `${service.hostname} by DNS` : 'the address that was dialled', {
      ends: `the request reaches ${service.hostname}`,
    })
  const at = ruleObjects(rule, subset, model).map(({ object, index }) =>
    cite(object, index < 0 ? 'spec.host' : `spec.subsets[${index}].labels`),
  )
  return step('endpoint', 'there is none', {
    at,
    ends: `503 with the flag UH: no ready pod has the labels ${words.join(',')}. Correct the labels, or start the pods`,
  })
}

function endpointStep(endpoints: readonly Endpoint[], { service }: ClusterInputs, model: MeshModel, cite: Cite): Step {
  const names = endpoints.map(({ endpoint }) => `${endpoint.workload?.name ?? 'endpoint'} ${endpoint.address}:${endpoint.port}`)
  const [first] = endpoints
  const pod = podOf(first?.endpoint.workload, model)
  const at = [pod === undefined ? cite(kubernetesOrEntry(service), 'metadata.name') : cite(pod, 'metadata.name')]
  const because = endpoints.length === 1 ? 'the only one that is ready' : `one of ${endpoints.length}; the trace goes on with the first`
  return step('endpoint', names.slice(0, 5).join(', '), { because, at })
}

/** Whether the caller's proxy speaks mutual TLS to an endpoint. */
function clientTls(
  { settings, rule, service }: ClusterInputs,
  { mutualTls }: Endpoint,
  model: MeshModel,
  cite: Cite,
): { readonly step: Step; readonly mutual: boolean } {
  const mode = settings.tls?.mode
  if (mode !== undefined && rule !== undefined) {
    const mutual = mode === 'ISTIO_MUTUAL'
    const words = mode === 'DISABLE' ? 'plain text' : mutual ? "mutual TLS with the mesh's certificates" : `TLS, mode ${mode}`
    return {
      step: step('client TLS', words, { because: 'the DestinationRule says so', at: [cite(rule, 'spec.trafficPolicy.tls')] }),
      mutual,
    }
  }
  if (!model.snapshot.mesh.enableAutoMtls)
    return { step: step('client TLS', 'plain text', { because: 'automatic mutual TLS is off in MeshConfig' }), mutual: false }
  if (service.external || !mutualTls) {
    const because = service.external ? 'the service is outside of the mesh' : 'the endpoint has no sidecar'
    return { step: step('client TLS', 'plain text', { because }), mutual: false }
  }
  return {
    step: step('client TLS', "mutual TLS with the mesh's certificates", { because: 'automatic: the endpoint has a sidecar' }),
    mutual: true,
  }
}

function hasProxy({ endpoint, mutualTls }: Endpoint): boolean {
  return mutualTls || endpoint.tlsMode === 'istio'
}

function arrived({ workload, address, port }: ServiceEndpoint): Step {
  const where = workload === undefined ? `${address}:${port}` : `${workload.name} in namespace ${workload.namespace}, port ${port}`
  return step('application', where, { ends: `the request reaches ${where}` })
}
