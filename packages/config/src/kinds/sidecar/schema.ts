import { connectionPool } from '../destination-rule/schema.ts'
import { serverTls } from '../gateway/schema.ts'
import { constrained, object, optional, orElse, required, type Shape } from '../shape/shape.ts'
import { labels, list, listField, oneOf, count, portSelector, text } from '../shape/values.ts'
import { DEFAULT_CAPTURE_MODE } from './defaults.ts'
import type * as sc from './type.ts'

const port = object<sc.SidecarPort>({ number: orElse(count, 0), protocol: orElse(text, ''), name: orElse(text, '') })
const captureMode = orElse(oneOf<sc.CaptureMode>('DEFAULT', 'IPTABLES', 'NONE'), DEFAULT_CAPTURE_MODE)

const ingress = object<sc.SidecarIngress>({
  port: required(port),
  bind: optional(text),
  captureMode,
  defaultEndpoint: optional(text),
  tls: optional(serverTls),
  connectionPool: optional(connectionPool),
})

const egress = object<sc.SidecarEgress>({ port: optional(port), bind: optional(text), captureMode, hosts: required(list(text)) })

const egressProxy = object<NonNullable<sc.OutboundTrafficPolicy['egressProxy']>>({
  host: required(text),
  subset: optional(text),
  port: optional(portSelector),
})

const outboundTrafficPolicy: Shape<sc.OutboundTrafficPolicy> = object<sc.OutboundTrafficPolicy>({
  mode: orElse(oneOf('REGISTRY_ONLY', 'ALLOW_ANY'), 'REGISTRY_ONLY'),
  egressProxy: optional(egressProxy),
})

export const sidecarShape: Shape<sc.SidecarSpec> = constrained(
  object<sc.SidecarSpec>({
    workloadSelector: optional(object<NonNullable<sc.SidecarSpec['workloadSelector']>>({ labels })),
    ingress: listField(ingress),
    egress: optional(list(egress)),
    inboundConnectionPool: optional(connectionPool),
    outboundTrafficPolicy: optional(outboundTrafficPolicy),
  }),
  { description: "The listeners of a workload's proxy and what it may reach" },
)
