import type { ConfigObject } from '@meshwork/config/kinds'
import { buildRoutingTable } from '@meshwork/mixer/dispatch'
import type { AdapterInfo, Template, Variety } from '@meshwork/mixer/encode'
import { buildSnapshot, type Snapshot } from '@meshwork/mixer/snapshot'
import type { MixerCase } from '../case-runner.ts'
import { equal, type Findings } from '../expectation.ts'

interface RecordedDocument {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: Readonly<Record<string, unknown>> | null
}

interface RecordedGroup {
  readonly condition: string | null
  readonly instances: readonly string[]
}

interface RecordedRoute {
  readonly variety: string
  readonly namespaces: readonly {
    readonly namespace: string
    readonly destinations: readonly { readonly handler: string; readonly groups: readonly RecordedGroup[] }[]
  }[]
}

interface RoutingCase {
  readonly name: string
  readonly documents: readonly RecordedDocument[]
  readonly injectedFault: { readonly kind: string; readonly fault: string } | null
  readonly routes: readonly RecordedRoute[]
}

export interface RoutingRecording {
  readonly defaultNamespace: string
  readonly manifest: Readonly<Record<string, { readonly value_type: string }>>
  readonly kinds: { readonly templates: Readonly<Record<string, string>>; readonly adapters: Readonly<Record<string, readonly string[]>> }
  readonly cases: readonly RoutingCase[]
}

const VARIETIES: ReadonlyMap<string, Variety> = new Map<string, Variety>([
  ['CHECK', 'check'],
  ['REPORT', 'report'],
  ['QUOTA', 'quota'],
])

function configObject(kind: string, { name, namespace }: RecordedDocument['metadata'], spec: unknown, line: number): ConfigObject {
  const meta = { name, namespace, labels: {}, annotations: {}, createdAt: 0, resourceVersion: '' }
  return { kind, apiVersion: 'config.istio.io/v1alpha2', meta, spec, origin: { file: 'recording', line } }
}

/** What the schema of the kind would make of the document. */
function toObject({ kind, metadata, spec }: RecordedDocument, line: number, fault: RoutingCase['injectedFault']): ConfigObject {
  if (kind !== 'rule') return configObject(kind, metadata, { params: paramsWith(kind, spec, fault) }, line)
  // `selector` is what `match` was called before.
  return configObject(kind, metadata, { match: spec?.['match'] ?? spec?.['selector'] ?? '', actions: [], ...spec }, line)
}

/** A builder that fails is one whose parameters are wrong. */
function paramsWith(kind: string, spec: RecordedDocument['spec'], fault: RoutingCase['injectedFault']): Readonly<Record<string, unknown>> {
  const breaks = fault?.kind === kind && (fault.fault === 'ErrorAtBuild' || fault.fault === 'ErrorAtCreateInstanceBuilder')
  return breaks ? { ...spec, broken: 'yes' } : (spec ?? {})
}

function templatesOf(recording: RoutingRecording): ReadonlyMap<string, Template> {
  return new Map(
    Object.entries(recording.kinds.templates).flatMap(([name, text]) => {
      const variety = VARIETIES.get(text)
      return variety === undefined ? [] : [[name, { name, variety, path: `/${name}`, shape: { fields: [] } }]]
    }),
  )
}

function adaptersOf(recording: RoutingRecording, fault: RoutingCase['injectedFault']): ReadonlyMap<string, AdapterInfo> {
  const refused = fault?.fault === 'HandlerDoesNotSupportTemplate' ? fault.kind : undefined
  return new Map(
    Object.entries(recording.kinds.adapters).map(([name, templates]) => [
      name,
      { name, templates: templates.filter(template => template !== refused), paramsType: `${name}.Params`, params: { fields: [] } },
    ]),
  )
}

function snapshotOf(recording: RoutingRecording, given: RoutingCase): Snapshot {
  const attributes = Object.fromEntries(Object.entries(recording.manifest).map(([name, info]) => [name, { valueType: info.value_type }]))
  const manifest = configObject('attributemanifest', { name: 'm', namespace: recording.defaultNamespace }, { attributes }, 1)
  const objects = given.documents.map((document, index) => toObject(document, index + 2, given.injectedFault))
  const adapters = adaptersOf(recording, given.injectedFault)
  return buildSnapshot([manifest, ...objects], {
    attributes: new Map(),
    adapters,
    templates: templatesOf(recording),
    adapterAddresses: new Map([...adapters.keys()].map(name => [name, '127.0.0.1:1'])),
  })
}

/** Order of destinations and groups is not significant. */
function sorted(values: readonly unknown[]): readonly unknown[] {
  return values.map(value => JSON.stringify(value)).toSorted()
}

function checkRouting(recording: RoutingRecording, given: RoutingCase): Findings {
  const table = buildRoutingTable(snapshotOf(recording, given), recording.defaultNamespace)
  const got = [...VARIETIES].flatMap(([variety, ours]) =>
    table.namespaces(ours).flatMap(namespace => {
      const destinations = table.destinations(ours, namespace).map(({ handler, groups }) => ({
        handler: handler.name,
        groups: sorted(groups.map(group => [group.matchText, group.instances.map(instance => instance.name)])),
      }))
      return destinations.length === 0 ? [] : [[variety, namespace, sorted(destinations)]]
    }),
  )
  const want = given.routes.flatMap(route =>
    route.namespaces.map(({ namespace, destinations }) => [
      route.variety,
      namespace,
      sorted(
        destinations.map(({ handler, groups }) => ({
          handler,
          groups: sorted(groups.map(group => [group.condition ?? '', group.instances])),
        })),
      ),
    ]),
  )
  return equal('routes', sorted(got), sorted(want))
}

export function routingCases(recording: RoutingRecording): readonly MixerCase[] {
  return recording.cases.map(given => ({ name: `routing ${given.name}`, check: () => checkRouting(recording, given) }))
}
