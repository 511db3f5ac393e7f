import { textOf, textsOf } from '@meshwork/core/json'
import { isRecord, type RawRecord } from '../kinds/shape/json-schema.ts'

/** One instance of a service, as `/v1/catalog/service/:name` lists it; the fields that the mesh reads. */
export interface CatalogEntry {
  readonly service: string
  /** Address of the service, else of its node: an IP address or a host name. */
  readonly address: string
  readonly port: number
  readonly datacenter: string
  readonly tags: readonly string[]
  readonly serviceMeta: Readonly<Record<string, string>>
  readonly nodeMeta: Readonly<Record<string, string>>
  /** `ServiceWeights.Passing`, at least 1. */
  readonly weight: number
}

/** The instances in an answer; those without a place to connect to are left out. undefined: not a list of the catalogue. */
export function readCatalogEntries(answer: unknown): readonly CatalogEntry[] | undefined {
  return Array.isArray(answer) ? answer.flatMap(item => (isRecord(item) ? entryOf(item) : [])) : undefined
}

/** The names in an answer of `/v1/catalog/services`, sorted. undefined: not such an answer. */
export function readServiceNames(answer: unknown): readonly string[] | undefined {
  return isRecord(answer) ? Object.keys(answer).toSorted() : undefined
}

function entryOf(item: RawRecord): readonly CatalogEntry[] {
  const service = textOf(item['ServiceName'])
  const address = textOf(item['ServiceAddress']) || textOf(item['Address'])
  const port = numberOf(item['ServicePort'])
  if (service === '' || address === '' || port < 1 || port > 65_535) return []
  const weights = item['ServiceWeights']
  return [
    {
      service,
      address,
      port,
      datacenter: textOf(item['Datacenter']),
      tags: Array.isArray(item['ServiceTags']) ? item['ServiceTags'].filter(tag => typeof tag === 'string') : [],
      serviceMeta: textsOf(item['ServiceMeta']),
      nodeMeta: textsOf(item['NodeMeta']),
      weight: Math.max(1, isRecord(weights) ? numberOf(weights['Passing']) : 1),
    },
  ]
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) ? value : 0
}
