import { workloadEndpoint } from '../service-entry/schema.ts'
import type { WorkloadEndpoint } from '../service-entry/type.ts'
import { constrained, mapped, object, optional, orElse, required, type Shape } from '../shape/shape.ts'
import { listField, text } from '../shape/values.ts'
import type { WorkloadEntrySpec } from './type.ts'

interface Condition {
  readonly type: string
  readonly status: string
}

interface WrittenEntry {
  readonly spec: WorkloadEndpoint
  readonly status?: { readonly conditions: readonly Condition[] }
}

const open = { open: true }
const status = object<NonNullable<WrittenEntry['status']>>(
  { conditions: listField(object<Condition>({ type: orElse(text, ''), status: orElse(text, '') }, open)) },
  open,
)

export const workloadEntryShape: Shape<WorkloadEntrySpec> = constrained(
  mapped(object<WrittenEntry>({ spec: required(workloadEndpoint), status: optional(status) }), written => {
    const healthy = written.status?.conditions.find(({ type }) => type === 'Healthy')
    return Object.freeze({ ...written.spec, ...(healthy !== undefined && { healthy: healthy.status === 'True' }) })
  }),
  { description: 'A workload that no pod stands for' },
)
