import { fieldsOf, itemsOf, type KubeDocument, textOf } from '@meshwork/kube/client'
import { kubeObjectOf } from '../install/kube-object.ts'
import { COMPONENT_LABEL, NAMESPACE_LABEL, ownerOf } from '../install/ownership.ts'
import type {
  ConfigMapView,
  DefinitionView,
  DeploymentView,
  EndpointsView,
  HookView,
  NamespaceView,
  NodeView,
  OwnedView,
  ServiceView,
  WebhookView,
} from './cluster-view.ts'

/** Items of a list as an API server answers it, with what a list leaves out. */
export interface Item {
  readonly apiVersion: string
  readonly kind: string
  readonly body: KubeDocument
}

export function textsOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fieldsOf(value)).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])))
}

export function metadataOf(body: KubeDocument): KubeDocument {
  return fieldsOf(body['metadata'])
}

export function nameOf(body: KubeDocument): string {
  return textOf(metadataOf(body)['name'])
}

export function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

/** Items of a field that holds a list of objects. */
export function listOf(value: unknown): readonly KubeDocument[] {
  return itemsOf(value).map(fieldsOf)
}

/** Whose an object is. What our charts made is ours, whether meshctl or Helm applied it. */
export function ownedOf({ apiVersion, kind, body }: Item, namespace: string): OwnedView {
  const object = kubeObjectOf({ ...body, apiVersion, kind })
  const name = nameOf(body)
  if (object === undefined) return { name, owner: { kind: 'other', name: 'nobody' }, home: '' }
  const labels = object.metadata.labels ?? {}
  const owner = labels[COMPONENT_LABEL] === undefined ? ownerOf(object, namespace) : ({ kind: 'us' } as const)
  return { name, owner, home: labels[NAMESPACE_LABEL] ?? '' }
}

export function namespaceOf({ body }: Item): NamespaceView {
  const isTerminating = metadataOf(body)['deletionTimestamp'] !== undefined
  return { name: nameOf(body), isTerminating, labels: textsOf(metadataOf(body)['labels']) }
}

export function nodeOf({ body }: Item): NodeView {
  const status = fieldsOf(body['status'])
  const info = fieldsOf(status['nodeInfo'])
  const isReady = hasCondition(status, 'Ready')
  return { name: nameOf(body), isReady, os: textOf(info['operatingSystem']), arch: textOf(info['architecture']) }
}

export function hasCondition(status: KubeDocument, type: string): boolean {
  return listOf(status['conditions']).some(each => each['type'] === type && each['status'] === 'True')
}

export function definitionOf(item: Item, namespace: string): DefinitionView {
  const spec = fieldsOf(item.body['spec'])
  return {
    ...ownedOf(item, namespace),
    group: textOf(spec['group']),
    isEstablished: hasCondition(fieldsOf(item.body['status']), 'Established'),
    versions: listOf(spec['versions']).map(version => textOf(version['name'])),
  }
}

export function webhookOf(item: Item, namespace: string): WebhookView {
  const type = item.kind.startsWith('Mutating') ? 'mutating' : 'validating'
  return { ...ownedOf(item, namespace), type, hooks: listOf(item.body['webhooks']).map(hookOf) }
}

function hookOf(hook: KubeDocument): HookView {
  const client = fieldsOf(hook['clientConfig'])
  const service = fieldsOf(client['service'])
  const name = textOf(service['name'])
  const resources = listOf(hook['rules']).flatMap(rule => itemsOf(rule['resources']))
  return {
    name: textOf(hook['name']),
    service: name === '' ? '' : `${textOf(service['namespace'])}/${name}`,
    port: numberOf(service['port']) || 443,
    path: textOf(service['path']),
    caBundle: Buffer.from(textOf(client['caBundle']), 'base64').toString(),
    failurePolicy: textOf(hook['failurePolicy']),
    seesPods: resources.some(resource => ['pods', '*', '*/*'].includes(textOf(resource))),
    selectors: JSON.stringify([hook['namespaceSelector'], hook['objectSelector']]),
  }
}

export function serviceOf({ body }: Item): ServiceView {
  const spec = fieldsOf(body['spec'])
  const balancer = fieldsOf(fieldsOf(body['status'])['loadBalancer'])
  return {
    name: nameOf(body),
    namespace: textOf(metadataOf(body)['namespace']),
    type: textOf(spec['type']),
    hasAddress: itemsOf(balancer['ingress']).length > 0,
    labels: textsOf(metadataOf(body)['labels']),
    ports: listOf(spec['ports']).map(port => ({
      name: textOf(port['name']),
      port: numberOf(port['port']),
      appProtocol: textOf(port['appProtocol']),
      protocol: textOf(port['protocol']),
    })),
  }
}

export function deploymentOf({ body }: Item): DeploymentView {
  const spec = fieldsOf(body['spec'])
  const template = fieldsOf(fieldsOf(spec['template'])['spec'])
  return {
    name: nameOf(body),
    labels: textsOf(metadataOf(body)['labels']),
    wanted: typeof spec['replicas'] === 'number' ? spec['replicas'] : 1,
    available: numberOf(fieldsOf(body['status'])['availableReplicas']),
    images: listOf(template['containers']).map(container => textOf(container['image'])),
  }
}

export function endpointsOf({ body }: Item): EndpointsView {
  const labels = textsOf(metadataOf(body)['labels'])
  const ready = listOf(body['endpoints']).filter(endpoint => fieldsOf(endpoint['conditions'])['ready'] !== false).length
  return { service: labels['kubernetes.io/service-name'] ?? '', ready }
}

export function configMapOf({ body }: Item): ConfigMapView {
  return { name: nameOf(body), namespace: textOf(metadataOf(body)['namespace']), data: textsOf(body['data']) }
}
