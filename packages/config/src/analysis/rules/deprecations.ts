import type { AnalysisContext } from '../context.ts'
import { at, entries, fields, type Document } from '../document.ts'
import type { Draft, Rule } from '../finding.ts'

export const deprecated: Rule = {
  code: 'IST0002',
  name: 'Deprecated',
  severity: 'warning',
  summary: 'a kind or field that has a successor',
  check: context => {
    const marked = markedFields(context)
    const known = new Set(marked.map(({ object, path }) => `${object.origin.file}:${object.origin.line} ${path}`))
    const others = oldFields(context).filter(({ object, path }) => !known.has(`${object.origin.file}:${object.origin.line} ${path}`))
    return [...oldKinds(context), ...marked, ...others]
  },
}

/** Fields that the schemas of the kinds mark themselves. */
function markedFields(context: AnalysisContext): readonly Draft[] {
  return context.objects.flatMap(object =>
    (object.warnings ?? [])
      .filter(({ code }) => code === DEPRECATED_FIELD)
      .map(({ path, message, hint }) => ({ object, path, message: `${path} ${message}`, remedy: hint ?? 'use its successor' })),
  )
}

/** Code of such warnings. */
export const DEPRECATED_FIELD = 'deprecated-field'

/** Kinds of 1.0 and what took their place. */
const SUCCESSORS: Readonly<Record<string, string>> = {
  Policy: 'PeerAuthentication for peers, RequestAuthentication for origins',
  MeshPolicy: 'PeerAuthentication in the root namespace',
  ServiceRole: 'AuthorizationPolicy',
  ServiceRoleBinding: 'AuthorizationPolicy',
  RbacConfig: 'AuthorizationPolicy',
  ClusterRbacConfig: 'AuthorizationPolicy',
}

function oldKinds(context: AnalysisContext): readonly Draft[] {
  return context
    .documentsOf(...Object.keys(SUCCESSORS))
    .filter(({ apiVersion }) => /^(?:authentication|rbac)\.istio\.io\//.test(apiVersion))
    .map(object => ({
      object,
      path: 'kind',
      message: `${object.kind} is a kind of Istio 1.0`,
      remedy: `use ${SUCCESSORS[object.kind] ?? 'its successor'}`,
    }))
}

/** Where an old field stands below a parent, and what to write. */
interface OldField {
  readonly kind: string
  /** Names of lists and objects on the way; `*` goes through a list. */
  readonly parent: readonly string[]
  readonly field: string
  readonly instead: string
}

const OLD_FIELDS: readonly OldField[] = [
  { kind: 'VirtualService', parent: ['http', '*'], field: 'appendHeaders', instead: 'headers.request.add' },
  { kind: 'VirtualService', parent: ['http', '*'], field: 'appendRequestHeaders', instead: 'headers.request.add' },
  { kind: 'VirtualService', parent: ['http', '*'], field: 'removeRequestHeaders', instead: 'headers.request.remove' },
  { kind: 'VirtualService', parent: ['http', '*'], field: 'appendResponseHeaders', instead: 'headers.response.add' },
  { kind: 'VirtualService', parent: ['http', '*'], field: 'removeResponseHeaders', instead: 'headers.response.remove' },
  { kind: 'VirtualService', parent: ['http', '*'], field: 'websocketUpgrade', instead: 'nothing: upgrades are always allowed' },
  { kind: 'VirtualService', parent: ['http', '*'], field: 'mirrorPercent', instead: 'mirrorPercentage.value' },
  { kind: 'VirtualService', parent: ['http', '*', 'fault', 'delay'], field: 'percent', instead: 'percentage.value' },
  { kind: 'VirtualService', parent: ['http', '*', 'fault', 'abort'], field: 'percent', instead: 'percentage.value' },
  { kind: 'DestinationRule', parent: ['trafficPolicy', 'outlierDetection'], field: 'consecutiveErrors', instead: 'consecutive5xxErrors' },
  {
    kind: 'DestinationRule',
    parent: ['subsets', '*', 'trafficPolicy', 'outlierDetection'],
    field: 'consecutiveErrors',
    instead: 'consecutive5xxErrors',
  },
  { kind: 'EnvoyFilter', parent: [], field: 'filters', instead: 'configPatches' },
  { kind: 'EnvoyFilter', parent: [], field: 'workloadLabels', instead: 'workloadSelector.labels' },
]

function oldFields(context: AnalysisContext): readonly Draft[] {
  return OLD_FIELDS.flatMap(({ kind, parent, field, instead }) =>
    context.documentsOf(kind).flatMap(object =>
      placesOf(object, parent)
        .filter(({ value }) => field in fields(value) && isSet(fields(value)[field]))
        .map(({ path }) => ({ object, path: `${path}.${field}`, message: `the field '${field}' is deprecated`, remedy: `use ${instead}` })),
    ),
  )
}

/** Parsed objects hold empty maps and lists, and `false`, for what nobody wrote. */
function isSet(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return value !== undefined && value !== null && value !== false
}

interface Place {
  readonly value: unknown
  readonly path: string
}

function placesOf({ body }: Document, parent: readonly string[]): readonly Place[] {
  const start: readonly Place[] = [{ value: body['spec'], path: 'spec' }]
  return parent.reduce(
    (places, step) =>
      places.flatMap(({ value, path }) =>
        step === '*'
          ? entries(value).map((each, i) => ({ value: each, path: `${path}[${i}]` }))
          : [{ value: at(value, step), path: `${path}.${step}` }],
      ),
    start,
  )
}
