import { constrained, object, orElse, type Shape } from '../shape/shape.ts'
import { text } from '../shape/values.ts'
import type { IngressClassSpec } from './type.ts'

export const ingressClassShape: Shape<IngressClassSpec> = constrained(
  object<IngressClassSpec>({ controller: orElse(text, '') }, { open: true }),
  { description: 'Who serves the Ingresses of a class' },
)
