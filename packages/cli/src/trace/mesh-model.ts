import {
  type ConfigObject,
  DEFAULT_MESH_CONFIG,
  isKind,
  type Labels,
  type ObjectOf,
  type Origin,
  type RawObject,
} from '@meshwork/config/kinds'
import { readText } from '@meshwork/config/file'
import { selects } from '@meshwork/config/registry'
import { type MeshSnapshot, SnapshotStore } from '@meshwork/pilot/snapshot'
import { stringify } from 'yaml'
import { asList, asObject, asText, at } from '../mesh-api/json-reader.ts'

/** A mesh as configuration describes it, without a running part. */
export interface MeshModel {
  readonly snapshot: MeshSnapshot
  readonly objects: readonly ConfigObject[]
  /** What had to be assumed, in sentences. */
  readonly assumed: readonly string[]
}

const CLUSTER_DOMAIN = 'cluster.local'

/** Of objects, with the documents of kinds that only Kubernetes acts on (Deployments). Nothing is assumed of pods that are there. */
export function meshModel(objects: readonly ConfigObject[], documents: readonly RawObject[]): MeshModel {
  const pods = podsOfTemplates(objects, documents)
  const services = objects.filter(object => isKind(object, 'Service'))
  const all = [...objects.map((object, i) => withAddress(object, i)), ...pods]
  const endpoints = services.flatMap(service => endpointsFor(service, all))
  const store = new SnapshotStore({ clusterDomain: CLUSTER_DOMAIN, mesh: DEFAULT_MESH_CONFIG })
  store.apply('files', { upserts: [...all, ...endpoints], deletes: [], rejections: [] })
  const assumed = pods.length === 0 ? [] : ['one ready pod with a sidecar for each Deployment, because there are no pods in the files']
  return { snapshot: store.current(), objects: all, assumed }
}

/** Kubernetes gives every Service an address of its own; in files there is none yet. */
function withAddress(object: ConfigObject, index: number): ConfigObject {
  if (!isKind(object, 'Service') || object.spec.type === 'ExternalName' || (object.spec.clusterIP ?? '') !== '') return object
  return { ...object, spec: { ...object.spec, clusterIP: `10.96.${(index >> 8) & 255}.${index & 255}` } }
}

const WORKLOADS: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'])

/** A pod for each template that no pod was made of. */
function podsOfTemplates(objects: readonly ConfigObject[], documents: readonly RawObject[]): readonly ConfigObject[] {
  const pods = objects.filter(object => isKind(object, 'Pod'))
  return documents
    .filter(({ kind }) => WORKLOADS.has(kind))
    .flatMap(({ meta, document, origin }, i) => {
      const template = at(document, 'spec', 'template')
      const labels = textMap(at(template, 'metadata', 'labels'))
      if (pods.some(pod => pod.meta.namespace === meta.namespace && selects(labels, pod.meta.labels))) return []
      const annotations = textMap(at(template, 'metadata', 'annotations'))
      const injected = labels[INJECT] !== 'false' && annotations[INJECT] !== 'false'
      const ip = `10.244.${(i >> 8) & 255}.${(i & 255) + 1}`
      return parsed(
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: meta.name, namespace: meta.namespace, labels: { ...labels, ...(injected && { [TLS_MODE]: 'istio' }) } },
          spec: asObject(at(template, 'spec')),
          status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions: [{ type: 'Ready', status: 'True' }] },
        },
        origin,
      )
    })
}

const INJECT = 'sidecar.istio.io/inject'
const TLS_MODE = 'security.istio.io/tlsMode'

/** What the endpoints controller of Kubernetes would write, for a service that has no endpoints in the files. */
function endpointsFor(service: ObjectOf<'Service'>, objects: readonly ConfigObject[]): readonly ConfigObject[] {
  const { name, namespace } = service.meta
  const known = objects.some(
    ({ kind, meta }) =>
      meta.namespace === namespace &&
      ((kind === 'Endpoints' && meta.name === name) || (kind === 'EndpointSlice' && meta.labels['kubernetes.io/service-name'] === name)),
  )
  const pods = objects
    .filter(object => isKind(object, 'Pod'))
    .filter(pod => pod.meta.namespace === namespace && selects(service.spec.selector, pod.meta.labels))
  if (known || pods.length === 0) return []
  const addresses = pods.flatMap(pod => {
    const { podIP } = pod.spec.status
    return podIP === undefined ? [] : [{ ip: podIP, targetRef: { kind: 'Pod', name: pod.meta.name, namespace } }]
  })
  const ports = service.spec.ports.map(port => ({ name: port.name, port: targetOf(port.targetPort, pods), protocol: port.protocol }))
  return parsed({ apiVersion: 'v1', kind: 'Endpoints', metadata: { name, namespace }, subsets: [{ addresses, ports }] }, service.origin)
}

function targetOf(target: number | string, pods: readonly ObjectOf<'Pod'>[]): number {
  if (typeof target === 'number') return target
  const named = pods.flatMap(pod => pod.spec.containers.flatMap(container => container.ports)).find(port => port.name === target)
  return named?.containerPort ?? 0
}

/** Generated objects cite what they were made of. */
function parsed(document: object, origin: Origin): readonly ConfigObject[] {
  const { objects } = readText(stringify(document, { aliasDuplicateObjects: false }), origin.file)
  return objects.map(object => ({ ...object, origin }))
}

function textMap(value: unknown): Labels {
  return Object.fromEntries(Object.entries(asObject(value)).map(([key, each]) => [key, asText(each)]))
}

/** Objects as pilot's `/debug/configz` tells them: of the same version, so taken as they are. */
export function objectsOfAnswer(answer: unknown): readonly ConfigObject[] {
  return asList(answer).flatMap(each => {
    const { kind, apiVersion, meta, spec, origin } = asObject(each)
    const { name, namespace, labels, annotations, createdAt, resourceVersion } = asObject(meta)
    if (typeof kind !== 'string' || typeof name !== 'string') return []
    return [
      {
        kind,
        apiVersion: asText(apiVersion),
        meta: {
          name,
          namespace: asText(namespace),
          labels: textMap(labels),
          annotations: textMap(annotations),
          createdAt: Number(createdAt),
          resourceVersion: asText(resourceVersion),
        },
        spec,
        origin: { file: asText(at(origin, 'file')), line: Number(at(origin, 'line')) },
      },
    ]
  })
}
