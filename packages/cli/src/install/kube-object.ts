import { fieldsOf, type KubeDocument, textOf } from '@meshwork/kube/client'

/** Any object of an API server, as far as an installation looks at it. */
export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: KubeMetadata
  readonly [field: string]: unknown
}

export interface KubeMetadata {
  readonly name: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** What an object is, without its content. */
export interface ObjectKey {
  readonly apiVersion: string
  readonly kind: string
  /** '' for what belongs to the cluster. */
  readonly namespace: string
  readonly name: string
}

const OPTIONAL = new Set(['labels', 'annotations', 'namespace'])

/** An object with a kind and a name, or undefined for anything else. */
export function kubeObjectOf(value: unknown): KubeObject | undefined {
  const fields = fieldsOf(value)
  const metadata = fieldsOf(fields['metadata'])
  const apiVersion = textOf(fields['apiVersion'])
  const kind = textOf(fields['kind'])
  const name = textOf(metadata['name'])
  if (apiVersion === '' || kind === '' || name === '') return undefined
  const namespace = textOf(metadata['namespace'])
  // What is not there stays out: a rendered object is written as it is.
  const rest = Object.entries(metadata).filter(([field]) => !OPTIONAL.has(field))
  const optional = { ...textsIn(metadata, 'labels'), ...textsIn(metadata, 'annotations'), ...(namespace !== '' && { namespace }) }
  return { ...fields, apiVersion, kind, metadata: { ...Object.fromEntries(rest), name, ...optional } }
}

export function keyOf({ apiVersion, kind, metadata }: KubeObject): ObjectKey {
  return { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name }
}

/** The group without the version: versions of one object are one object. */
export function groupOf({ apiVersion }: Pick<ObjectKey, 'apiVersion'>): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
}

/** One text for each object of a cluster: `Deployment.apps/istio-system/istiod`. */
export function keyText(key: ObjectKey): string {
  const group = groupOf(key)
  return `${key.kind}${group === '' ? '' : `.${group}`}/${key.namespace}/${key.name}`
}

/** As people write it: `Deployment istio-system/istiod`. */
export function spoken({ kind, namespace, name }: ObjectKey): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`
}

/** The field with all its texts, if it is there. */
function textsIn(metadata: KubeDocument, field: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const texts = Object.entries(fieldsOf(metadata[field])).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : []))
  return metadata[field] === undefined ? {} : { [field]: Object.fromEntries(texts) }
}
