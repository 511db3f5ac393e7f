import { constrained, object, optional, type Shape } from '../shape/shape.ts'
import { text } from '../shape/values.ts'
import type { NodeSpec } from './type.ts'

export const nodeShape: Shape<NodeSpec> = constrained(object<NodeSpec>({ podCIDR: optional(text) }, { open: true }), {
  description: 'A machine of the cluster',
})
