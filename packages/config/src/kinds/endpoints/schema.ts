import { transport } from '../service/schema.ts'
import { constrained, object, optional, orElse, required, type Shape } from '../shape/shape.ts'
import { listField, count, text } from '../shape/values.ts'
import { UNNAMED_PORT } from './defaults.ts'
import type { EndpointAddress, EndpointPort, EndpointsSpec, EndpointSubset, TargetRef } from './type.ts'

export const targetRef: Shape<TargetRef> = object<TargetRef>(
  { kind: orElse(text, 'Pod'), name: required(text), namespace: optional(text) },
  { open: true },
)

export const endpointPort: Shape<EndpointPort> = object<EndpointPort>(
  { name: orElse(text, UNNAMED_PORT), port: required(count), protocol: transport, appProtocol: optional(text) },
  { open: true },
)

const address = object<EndpointAddress>(
  { ip: required(text), hostname: optional(text), nodeName: optional(text), targetRef: optional(targetRef) },
  { open: true },
)

const subset = object<EndpointSubset>(
  { addresses: listField(address), notReadyAddresses: listField(address), ports: listField(endpointPort) },
  { open: true },
)

export const endpointsShape: Shape<EndpointsSpec> = constrained(object<EndpointsSpec>({ subsets: listField(subset) }, { open: true }), {
  description: 'The addresses behind the Service of the same name',
})
