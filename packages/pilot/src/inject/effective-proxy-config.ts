import type { ObjectOf } from '@meshwork/config/kinds'
import { parse } from 'yaml'
import { PROXY_CONFIG } from './check-annotations.ts'
import type { InjectionSettings } from './injection-settings.ts'
import { type Fields, fieldsOf, isFields, textOf, textsOf } from './json.ts'
import { strategicMerge } from './strategic-merge.ts'

/** What decides of a ProxyConfig; the oldest comes first, and wins over others of its scope. */
export type ProxyConfigObject = Pick<ObjectOf<'ProxyConfig'>, 'meta' | 'spec'>

const DISCOVERY = 'sidecar.istio.io/discoveryAddress'
export const STATUS_PORT = 'status.sidecar.istio.io/port'
const DEFAULT_ROOT_NAMESPACE = 'istio-system'

/**
 * The settings of a pod's proxy: the mesh's, then the ProxyConfigs of the root namespace and of the pod's that select nothing, then what
 * the pod says of itself, then the ProxyConfigs that select it. Later ones win, field by field (as in Istio).
 */
export function effectiveProxyConfig(
  metadata: Fields,
  namespace: string,
  { mesh }: InjectionSettings,
  objects: readonly ProxyConfigObject[],
): Fields {
  const root = textOf(mesh['rootNamespace']) || DEFAULT_ROOT_NAMESPACE
  const labels = textsOf(metadata['labels'])
  const scope = (home: string): readonly ProxyConfigObject[] =>
    objects.filter(({ meta, spec }) => meta.namespace === home && isForAll(spec))
  const selecting = objects.filter(({ meta, spec }) => meta.namespace === namespace && !isForAll(spec) && selects(spec, labels))
  return [
    ...scope(root).toReversed().map(settingsOf),
    ...(namespace === root ? [] : scope(namespace).toReversed().map(settingsOf)),
    ...wishesOf(textsOf(metadata['annotations'])),
    ...selecting.toReversed().map(settingsOf),
  ].reduce(strategicMerge, fieldsOf(mesh['defaultConfig']))
}

/** An empty selector has no conditions. */
function isForAll({ selector }: ProxyConfigObject['spec']): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length === 0
}

function selects({ selector }: ProxyConfigObject['spec'], labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector?.matchLabels ?? {}).every(([label, value]) => labels[label] === value)
}

/** Under the names that MeshConfig has for them. */
function settingsOf({ spec: { concurrency, environmentVariables } }: ProxyConfigObject): Fields {
  return {
    ...(concurrency !== undefined && { concurrency }),
    ...(Object.keys(environmentVariables).length > 0 && { proxyMetadata: environmentVariables }),
  }
}

function wishesOf(annotations: Readonly<Record<string, string>>): readonly Fields[] {
  const own: unknown = parse(annotations[PROXY_CONFIG] ?? '')
  const status = annotations[STATUS_PORT]
  const address = annotations[DISCOVERY]
  const wishes = {
    ...(address !== undefined && { discoveryAddress: address }),
    ...(status !== undefined && { statusPort: Number(status) }),
  }
  return isFields(own) ? [wishes, own] : [wishes]
}
