import { type Fields, fieldsOf, parsedFields, textsOf } from './json.ts'

export const STATUS_KEY = 'sidecar.istio.io/status'

/** What an injection did to a pod, as its annotation `sidecar.istio.io/status` tells it. */
export interface InjectionStatus {
  /** Names of what was added. */
  readonly initContainers: readonly string[]
  readonly containers: readonly string[]
  readonly volumes: readonly string[]
  readonly imagePullSecrets: readonly string[]
  readonly revision: string
  /** What stood there before; null: nothing. Absent in what Istio injected. */
  readonly replaced: Replaced
}

export interface Replaced {
  readonly labels: Readonly<Record<string, string | null>>
  readonly annotations: Readonly<Record<string, string | null>>
  /** Fields of the pod's spec other than the lists above. */
  readonly spec: Fields
}

/** What Istio 1.0 added, whose annotation may be unreadable by now. */
const OF_ISTIO_1: InjectionStatus = {
  initContainers: ['istio-init', 'enable-core-dump'],
  containers: ['istio-proxy'],
  volumes: ['istio-certs', 'istio-envoy'],
  imagePullSecrets: [],
  revision: '',
  replaced: { labels: {}, annotations: {}, spec: {} },
}

/** undefined: the pod was not injected. */
export function parseInjectionStatus(annotations: Readonly<Record<string, string>>): InjectionStatus | undefined {
  const text = annotations[STATUS_KEY]
  if (text === undefined) return undefined
  const status = parsedFields(text)
  if (status === undefined) return OF_ISTIO_1
  const replaced = fieldsOf(status['replaced'])
  return {
    initContainers: names(status['initContainers']),
    containers: names(status['containers']),
    volumes: names(status['volumes']),
    imagePullSecrets: names(status['imagePullSecrets']),
    revision: textsOf(status)['revision'] ?? '',
    replaced: { labels: earlier(replaced['labels']), annotations: earlier(replaced['annotations']), spec: fieldsOf(replaced['spec']) },
  }
}

function names(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}

function earlier(value: unknown): Readonly<Record<string, string | null>> {
  const result: Record<string, string | null> = {}
  for (const [key, text] of Object.entries(fieldsOf(value))) if (typeof text === 'string' || text === null) result[key] = text
  return result
}
