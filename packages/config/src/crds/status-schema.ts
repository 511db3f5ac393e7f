import type { StructuralSchema } from './structural-schema.ts'

const text: StructuralSchema = { type: 'string' }
/** Istio writes generations as texts, others as numbers. */
const generation: StructuralSchema = { 'x-kubernetes-int-or-string': true }

/** Conditions are keyed by type: each control plane that shares the kind writes its own, and none those of others. */
const condition: StructuralSchema = {
  type: 'object',
  required: ['type'],
  properties: {
    type: { ...text, description: 'Accepted, Programmed, or a condition of another control plane' },
    status: { ...text, description: 'True, False or Unknown' },
    reason: { ...text, description: 'One word for programs' },
    message: { ...text, description: 'A sentence for people' },
    lastTransitionTime: { ...text, format: 'date-time' },
    lastProbeTime: { ...text, format: 'date-time' },
    observedGeneration: generation,
  },
}

/** `IstioStatus`: what became of the object. Fields that others add stay. */
export const statusSchema: StructuralSchema = {
  type: 'object',
  description: 'What became of the object; written by the control plane',
  'x-kubernetes-preserve-unknown-fields': true,
  properties: {
    conditions: { type: 'array', items: condition, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] },
    observedGeneration: generation,
  },
}
