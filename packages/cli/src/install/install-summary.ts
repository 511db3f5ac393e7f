import { fieldsOf, itemsOf, textOf } from '@meshwork/kube/client'
import type { KubeObject } from './kube-object.ts'
import { podSpecOf } from './pod-spec.ts'

/** What somebody wants to know before an installation. */
export interface InstallSummary {
  readonly images: readonly string[]
  /** Who may do what: `ClusterRole istiod-istio-system: get, list, watch pods, services`. */
  readonly rights: readonly string[]
  /** Sums over all pods that are asked for. */
  readonly requests: { readonly millicpu: number; readonly bytes: number }
}

export function summaryOf(objects: readonly KubeObject[]): InstallSummary {
  const containers = objects.flatMap(object => {
    const replicas = fieldsOf(object['spec'])['replicas']
    const each = itemsOf(podSpecOf(object)['containers']).map(fieldsOf)
    return each.map(container => ({ container, replicas: typeof replicas === 'number' ? replicas : 1 }))
  })
  const requested = (name: string, read: (text: string) => number): number =>
    containers.reduce((sum, { container, replicas }) => sum + replicas * read(quantityIn(container, name)), 0)
  return {
    images: [...new Set(containers.map(({ container }) => textOf(container['image'])))].toSorted(),
    rights: objects.flatMap(rightsOf),
    requests: { millicpu: requested('cpu', millicpuOf), bytes: requested('memory', bytesOf) },
  }
}

function rightsOf(object: KubeObject): readonly string[] {
  if (object.kind !== 'ClusterRole' && object.kind !== 'Role') return []
  return itemsOf(object['rules']).map(rule => {
    const words = (field: string): string => itemsOf(fieldsOf(rule)[field]).map(textOf).join(', ')
    const names = words('resourceNames')
    const groups = itemsOf(fieldsOf(rule)['apiGroups'])
      .map(textOf)
      .filter(group => group !== '')
      .join(', ')
    return `${object.kind} ${object.metadata.name}: ${words('verbs')} ${words('resources')}${names === '' ? '' : ` [${names}]`}${groups === '' ? '' : ` of ${groups}`}`
  })
}

function quantityIn(container: Readonly<Record<string, unknown>>, name: string): string {
  const value = fieldsOf(fieldsOf(container['resources'])['requests'])[name]
  return typeof value === 'number' ? String(value) : textOf(value)
}

/** `100m` or `0.5`. */
export function millicpuOf(text: string): number {
  const number = Number.parseFloat(text)
  return Number.isNaN(number) ? 0 : text.endsWith('m') ? number : number * 1000
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 }

/** `256Mi`, `1G` or bytes. */
export function bytesOf(text: string): number {
  const match = /^([\d.]+)([A-Za-z]*)$/.exec(text)
  return match === null ? 0 : Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0)
}
