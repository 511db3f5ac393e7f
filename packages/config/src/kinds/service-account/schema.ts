import { constrained, object, type Shape } from '../shape/shape.ts'
import type { ServiceAccountSpec } from './type.ts'

export const serviceAccountShape: Shape<ServiceAccountSpec> = constrained(object<ServiceAccountSpec>({}, { open: true }), {
  description: 'The identity of workloads',
})
