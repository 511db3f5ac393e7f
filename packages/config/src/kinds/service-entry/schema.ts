import { constrained, object, optional, orElse, required, type Shape } from '../shape/shape.ts'
import { configPort, count, labels, list, listField, mapField, nonEmptyText, oneOf, text } from '../shape/values.ts'
import { DEFAULT_LOCATION, DEFAULT_RESOLUTION } from './defaults.ts'
import type * as se from './type.ts'

/** What WorkloadEntry and the template of a WorkloadGroup share with the endpoints written here. */
export const workloadEndpoint: Shape<se.WorkloadEndpoint> = object<se.WorkloadEndpoint>({
  address: optional(text),
  ports: mapField(count),
  labels,
  network: optional(text),
  locality: optional(text),
  weight: optional(count),
  serviceAccount: optional(text),
})

export const serviceEntryShape: Shape<se.ServiceEntrySpec> = constrained(
  object<se.ServiceEntrySpec>({
    hosts: required(list(nonEmptyText, { minItems: 1, maxItems: 256 })),
    addresses: listField(text),
    ports: listField(configPort),
    location: orElse(oneOf<se.ServiceEntrySpec['location']>('MESH_EXTERNAL', 'MESH_INTERNAL'), DEFAULT_LOCATION),
    resolution: orElse(oneOf<se.ServiceEntryResolution>('NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'), DEFAULT_RESOLUTION),
    endpoints: listField(workloadEndpoint),
    workloadSelector: optional(object<NonNullable<se.ServiceEntrySpec['workloadSelector']>>({ labels })),
    exportTo: listField(text),
    subjectAltNames: listField(text),
  }),
  { description: 'A service that no registry knows' },
)
