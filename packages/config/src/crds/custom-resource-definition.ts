import type { KindColumn, KindDefinition } from '../kinds/definition.ts'
import { KINDS } from '../kinds/table.ts'
import { isMeshGroup } from '../kinds/parse-object.ts'
import { groupOf } from '../kinds/strange-kind.ts'
import { statusSchema } from './status-schema.ts'
import { structuralSchema, type StructuralSchema } from './structural-schema.ts'

/** `CustomResourceDefinition` of apiextensions.k8s.io/v1. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1'
  readonly kind: 'CustomResourceDefinition'
  readonly metadata: {
    readonly name: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  }
  readonly spec: {
    readonly group: string
    readonly names: ResourceNames
    readonly scope: 'Namespaced' | 'Cluster'
    readonly versions: readonly ResourceVersion[]
  }
}

interface ResourceNames {
  readonly kind: string
  readonly listKind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames?: readonly string[]
  readonly categories: readonly string[]
}

interface ResourceVersion {
  readonly name: string
  readonly served: boolean
  readonly storage: boolean
  readonly schema: { readonly openAPIV3Schema: StructuralSchema }
  readonly subresources: { readonly status: Readonly<Record<string, never>> }
  readonly additionalPrinterColumns: readonly PrinterColumn[]
}

interface PrinterColumn {
  readonly name: string
  readonly type: 'string' | 'date'
  readonly jsonPath: string
  readonly description: string
}

/** Istio's own, so that `kubectl get istio-io` lists everything of the mesh. */
const CATEGORY = 'istio-io'
const LABELS = { 'app.kubernetes.io/name': 'meshwork', 'app.kubernetes.io/component': 'crds' } as const
/** Helm must not delete them with a release: all objects of the kind would go, too. */
const ANNOTATIONS = { 'helm.sh/resource-policy': 'keep' } as const

/** The definitions of all kinds that no API server has by itself, in the order of the table of kinds. */
export function customResourceDefinitions(): readonly CustomResourceDefinition[] {
  return customKinds().map(definitionOf)
}

/** The kinds of the mesh's own groups. */
export function customKinds(): readonly KindDefinition[] {
  return KINDS.filter(({ apiVersions }) => isMeshGroup(apiVersions[0]))
}

function definitionOf(kind: KindDefinition): CustomResourceDefinition {
  const { apiVersions, plural, scope } = kind
  const group = groupOf(apiVersions[0])
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: LABELS, annotations: ANNOTATIONS },
    spec: { group, names: namesOf(kind, group), scope, versions: versionsOf(kind) },
  }
}

function namesOf({ kind, plural, shortNames }: KindDefinition, group: string): ResourceNames {
  return {
    ...{ kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
    ...(shortNames !== undefined && { shortNames }),
    categories: [CATEGORY, group.replaceAll('.', '-')],
  }
}

/** All versions are read alike, so none is converted. Stored is the preferred one. */
function versionsOf(kind: KindDefinition): readonly ResourceVersion[] {
  const openAPIV3Schema = objectSchema(kind)
  const additionalPrinterColumns = [...(kind.columns ?? []).map(columnOf), ...COLUMNS_OF_ALL]
  return kind.apiVersions.map((apiVersion, i) => ({
    name: apiVersion.slice(apiVersion.indexOf('/') + 1),
    served: true,
    storage: i === 0,
    schema: { openAPIV3Schema },
    subresources: { status: {} },
    additionalPrinterColumns,
  }))
}

function objectSchema({ kind, body, schema }: KindDefinition): StructuralSchema {
  const written = structuralSchema(schema)
  const { description = '', ...content } = written
  const properties = body === 'spec' ? { spec: content } : content.properties
  const isRequired = body === 'spec' && schema.required !== undefined
  return {
    description: description === '' ? `${kind} of the mesh` : description,
    type: 'object',
    ...(isRequired && { required: ['spec'] }),
    properties: { ...properties, status: statusSchema },
  }
}

const COLUMNS_OF_ALL: readonly PrinterColumn[] = [
  {
    name: 'Programmed',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Programmed")].status',
    description: 'Whether every proxy that needs it runs it',
  },
  {
    name: 'Detail',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Programmed")].message',
    description: 'On how many proxies it runs, or why it does not, in the words of who refuses it',
  },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Time since the object was created' },
]

function columnOf({ name, path, description }: KindColumn): PrinterColumn {
  return { name, type: 'string', jsonPath: path, description }
}
