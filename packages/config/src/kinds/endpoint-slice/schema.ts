import { endpointPort, targetRef } from '../endpoints/schema.ts'
import { constrained, mapped, object, optional, orElse, required, type Shape } from '../shape/shape.ts'
import { flag, list, listField, oneOf, text } from '../shape/values.ts'
import { READY_IF_UNKNOWN } from './defaults.ts'
import type { EndpointSliceSpec, SliceEndpoint } from './type.ts'

interface Conditions {
  readonly ready?: boolean
  readonly serving?: boolean
  readonly terminating?: boolean
}

type WrittenEndpoint = Omit<SliceEndpoint, 'ready' | 'serving' | 'terminating'> & { readonly conditions?: Conditions }

const endpoint: Shape<SliceEndpoint> = mapped(
  object<WrittenEndpoint>(
    {
      addresses: required(list(text, { minItems: 1 })),
      conditions: optional(
        object<Conditions>({ ready: optional(flag), serving: optional(flag), terminating: optional(flag) }, { open: true }),
      ),
      hostname: optional(text),
      nodeName: optional(text),
      zone: optional(text),
      targetRef: optional(targetRef),
    },
    { open: true },
  ),
  ({ conditions, ...rest }) => Object.freeze({ ...rest, ...conditions, ready: conditions?.ready ?? READY_IF_UNKNOWN }),
)

export const endpointSliceShape: Shape<EndpointSliceSpec> = constrained(
  object<EndpointSliceSpec>(
    { addressType: orElse(oneOf('IPv4', 'IPv6', 'FQDN'), 'IPv4'), endpoints: listField(endpoint), ports: listField(endpointPort) },
    { open: true },
  ),
  { description: 'A part of the addresses behind a Service' },
)
