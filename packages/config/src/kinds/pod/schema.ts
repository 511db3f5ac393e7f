import { transport } from '../service/schema.ts'
import { constrained, mapped, object, optional, orElse, required, type Shape } from '../shape/shape.ts'
import { flag, listField, count, text } from '../shape/values.ts'
import { DEFAULT_SERVICE_ACCOUNT } from './defaults.ts'
import type { ContainerPort, PodContainer, PodSpec, PodStatus } from './type.ts'

interface Condition {
  readonly type: string
  readonly status: string
}

interface WrittenStatus {
  readonly phase?: string
  readonly podIP?: string
  readonly podIPs: readonly { readonly ip?: string }[]
  readonly conditions: readonly Condition[]
}

interface WrittenPod {
  readonly spec: Omit<PodSpec, 'status'>
  readonly status: WrittenStatus
}

const open = { open: true }

const containerPort = object<ContainerPort>({ containerPort: required(count), name: optional(text), protocol: transport }, open)
const container = object<PodContainer>({ name: orElse(text, ''), image: optional(text), ports: listField(containerPort) }, open)

const spec = object<WrittenPod['spec']>(
  {
    serviceAccountName: orElse(text, DEFAULT_SERVICE_ACCOUNT),
    nodeName: optional(text),
    hostNetwork: orElse(flag, false),
    containers: listField(container),
  },
  open,
)

const status = object<WrittenStatus>(
  {
    phase: optional(text),
    podIP: optional(text),
    podIPs: listField(object<{ readonly ip?: string }>({ ip: optional(text) }, open)),
    conditions: listField(object<Condition>({ type: orElse(text, ''), status: orElse(text, '') }, open)),
  },
  open,
)

const NO_STATUS: WrittenStatus = { podIPs: [], conditions: [] }
const EMPTY_SPEC: WrittenPod['spec'] = { serviceAccountName: DEFAULT_SERVICE_ACCOUNT, hostNetwork: false, containers: [] }

function readStatus({ podIPs, conditions, ...rest }: WrittenStatus): PodStatus {
  const ready = conditions.find(condition => condition.type === 'Ready')
  const ips = podIPs.flatMap(({ ip }) => (ip === undefined ? [] : [ip]))
  return Object.freeze({ ...rest, podIPs: Object.freeze(ips), ...(ready !== undefined && { ready: ready.status === 'True' }) })
}

export const podShape: Shape<PodSpec> = constrained(
  mapped(object<WrittenPod>({ spec: orElse(spec, EMPTY_SPEC), status: orElse(status, NO_STATUS) }, open), pod =>
    Object.freeze({ ...pod.spec, status: readStatus(pod.status) }),
  ),
  { description: 'A pod of Kubernetes' },
)
