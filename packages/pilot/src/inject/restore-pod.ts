import { STATUS_KEY, type InjectionStatus, parseInjectionStatus } from './injection-status.ts'
import { type Fields, fieldsOf, itemsOf, nameOf, parsedFields, textOf, textsOf } from './json.ts'
import { restoreProbes } from './rewrite-probes.ts'

/** Containers of the user's own that an injection merged with those of the template: `{"containers": […], "initContainers": […]}`. */
export const OVERRIDES_KEY = 'proxy.istio.io/overrides'
export const PROBES_VARIABLE = 'ISTIO_KUBE_APP_PROBERS'

/** The pod without what an earlier injection added; the same object if there was none. */
export function restorePod(pod: Fields): Fields {
  const metadata = fieldsOf(pod['metadata'])
  const annotations = textsOf(metadata['annotations'])
  const status = parseInjectionStatus(annotations)
  if (status === undefined) return pod
  const { [STATUS_KEY]: _status, [OVERRIDES_KEY]: overrides, ...rest } = annotations
  return {
    ...pod,
    metadata: withMap(
      withMap(metadata, 'annotations', rest, status.replaced.annotations),
      'labels',
      textsOf(metadata['labels']),
      status.replaced.labels,
    ),
    spec: restoredSpec(fieldsOf(pod['spec']), status, parsedFields(overrides ?? '') ?? {}),
  }
}

/** `metadata` with a map in which the entries are as they were; without the map if it is empty. */
function withMap(
  metadata: Fields,
  field: string,
  now: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string | null>>,
): Fields {
  const entries = Object.entries({ ...now, ...before }).filter(([, value]) => value !== null)
  const { [field]: _, ...others } = metadata
  return entries.length === 0 ? others : { ...others, [field]: Object.fromEntries(entries) }
}

function restoredSpec(spec: Fields, status: InjectionStatus, overrides: Fields): Fields {
  const pages = probePages(spec)
  const lists = {
    initContainers: [
      ...restoreProbes(without(spec['initContainers'], status.initContainers), pages),
      ...itemsOf(overrides['initContainers']),
    ],
    containers: [...restoreProbes(without(spec['containers'], status.containers), pages), ...itemsOf(overrides['containers'])],
    volumes: without(spec['volumes'], status.volumes),
    imagePullSecrets: without(spec['imagePullSecrets'], status.imagePullSecrets),
  }
  const restored: Record<string, unknown> = { ...spec }
  for (const [field, value] of Object.entries({ ...lists, ...status.replaced.spec })) {
    if (value === null || (Array.isArray(value) && value.length === 0)) delete restored[field]
    else restored[field] = value
  }
  return restored
}

function without(list: unknown, names: readonly string[]): readonly Fields[] {
  return itemsOf(list).filter(item => !names.includes(nameOf(item)))
}

/** From the variable of the proxy's container, wherever it stands. */
function probePages(spec: Fields): Fields {
  for (const container of [...itemsOf(spec['initContainers']), ...itemsOf(spec['containers'])]) {
    const variable = itemsOf(container['env']).find(each => nameOf(each) === PROBES_VARIABLE)
    if (variable !== undefined) return parsedFields(textOf(variable['value'])) ?? {}
  }
  return {}
}
