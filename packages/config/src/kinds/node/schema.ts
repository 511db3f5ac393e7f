import { constrained, mapped, object, optional, orElse, type Shape } from '../shape/shape.ts'
import { listField, text } from '../shape/values.ts'
import type { NodeSpec } from './type.ts'

type WrittenSpec = Pick<NodeSpec, 'podCIDR'>

interface NodeAddress {
  readonly type: string
  readonly address: string
}

interface WrittenNode {
  readonly spec: WrittenSpec
  readonly status: { readonly addresses: readonly NodeAddress[] }
}

const open = { open: true }
const spec = object<WrittenSpec>({ podCIDR: optional(text) }, open)
const address = object<NodeAddress>({ type: orElse(text, ''), address: orElse(text, '') }, open)
const status = object<WrittenNode['status']>({ addresses: listField(address) }, open)

export const nodeShape: Shape<NodeSpec> = constrained(
  mapped(object<WrittenNode>({ spec: orElse(spec, {}), status: orElse(status, { addresses: [] }) }, open), written =>
    Object.freeze({
      ...written.spec,
      externalIPs: Object.freeze(written.status.addresses.filter(({ type }) => type === 'ExternalIP').map(each => each.address)),
    }),
  ),
  { description: 'A machine of the cluster' },
)
