import { workloadEndpoint } from '../service-entry/schema.ts'
import { constrained, object, optional, orElse, required, type Shape } from '../shape/shape.ts'
import { count, integer, labels, list, listField, text } from '../shape/values.ts'
import { NO_METADATA } from './defaults.ts'
import type { HttpProbe, ReadinessProbe, WorkloadGroupSpec } from './type.ts'

const header = object<HttpProbe['httpHeaders'][number]>({ name: orElse(text, ''), value: orElse(text, '') })

const httpGet = object<HttpProbe>({
  path: optional(text),
  port: required(count),
  host: optional(text),
  scheme: optional(text),
  httpHeaders: listField(header),
})

const probe = object<ReadinessProbe>(
  {
    initialDelaySeconds: optional(integer),
    timeoutSeconds: optional(integer),
    periodSeconds: optional(integer),
    successThreshold: optional(integer),
    failureThreshold: optional(integer),
    httpGet: optional(httpGet),
    tcpSocket: optional(object<NonNullable<ReadinessProbe['tcpSocket']>>({ host: optional(text), port: required(count) })),
    exec: optional(object<NonNullable<ReadinessProbe['exec']>>({ command: required(list(text)) })),
    grpc: optional(object<NonNullable<ReadinessProbe['grpc']>>({ port: orElse(count, 0), service: optional(text) })),
  },
  { atMostOne: [['httpGet', 'tcpSocket', 'exec', 'grpc']] },
)

export const workloadGroupShape: Shape<WorkloadGroupSpec> = constrained(
  object<WorkloadGroupSpec>({
    metadata: orElse(object<WorkloadGroupSpec['metadata']>({ labels, annotations: labels }), NO_METADATA),
    template: required(workloadEndpoint),
    probe: optional(probe),
  }),
  { description: 'What workloads that register themselves have in common' },
)
