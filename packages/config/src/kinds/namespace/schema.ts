import { constrained, object, type Shape } from '../shape/shape.ts'
import type { NamespaceSpec } from './type.ts'

export const namespaceShape: Shape<NamespaceSpec> = constrained(object<NamespaceSpec>({}, { open: true }), {
  description: 'A namespace of the cluster',
})
