import { constrained, mapped, object, optional, orElse, required, type Field, type Shape } from '../shape/shape.ts'
import { flag, intOrText, labels, listField, oneOf, count, text } from '../shape/values.ts'
import { DEFAULT_SERVICE_TYPE, DEFAULT_TRANSPORT } from './defaults.ts'
import type { LoadBalancerAddress, ServicePortSpec, ServiceSpec } from './type.ts'

/** Transport protocols of Kubernetes; shared by all kinds that name one. */
export const transport: Field<'TCP' | 'UDP' | 'SCTP'> = orElse(oneOf('TCP', 'UDP', 'SCTP'), DEFAULT_TRANSPORT)

type WrittenPort = Omit<ServicePortSpec, 'targetPort'> & { readonly targetPort?: number | string }

const port: Shape<ServicePortSpec> = mapped(
  object<WrittenPort>(
    {
      name: orElse(text, ''),
      port: required(count),
      protocol: transport,
      appProtocol: optional(text),
      targetPort: optional(intOrText),
      nodePort: optional(count),
    },
    { open: true },
  ),
  written => Object.freeze({ ...written, targetPort: written.targetPort ?? written.port }),
)

type WrittenSpec = Omit<ServiceSpec, 'loadBalancer'>

interface WrittenService {
  readonly spec: WrittenSpec
  readonly status: { readonly loadBalancer: { readonly ingress: readonly LoadBalancerAddress[] } }
}

const spec = object<WrittenSpec>(
  {
    type: orElse(oneOf<ServiceSpec['type']>('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'), DEFAULT_SERVICE_TYPE),
    clusterIP: optional(text),
    clusterIPs: listField(text),
    externalName: optional(text),
    externalIPs: listField(text),
    ports: listField(port),
    selector: labels,
    publishNotReadyAddresses: orElse(flag, false),
  },
  { open: true },
)

const EMPTY_SPEC: WrittenSpec = {
  type: DEFAULT_SERVICE_TYPE,
  clusterIPs: [],
  externalIPs: [],
  ports: [],
  selector: {},
  publishNotReadyAddresses: false,
}

const loadBalancer = object<WrittenService['status']['loadBalancer']>(
  { ingress: listField(object<LoadBalancerAddress>({ ip: optional(text), hostname: optional(text) }, { open: true })) },
  { open: true },
)
const NO_STATUS: WrittenService['status'] = { loadBalancer: { ingress: [] } }
const status = object<WrittenService['status']>({ loadBalancer: orElse(loadBalancer, NO_STATUS.loadBalancer) }, { open: true })

export const serviceShape: Shape<ServiceSpec> = constrained(
  mapped(object<WrittenService>({ spec: orElse(spec, EMPTY_SPEC), status: orElse(status, NO_STATUS) }, { open: true }), written =>
    Object.freeze({ ...written.spec, loadBalancer: written.status.loadBalancer.ingress }),
  ),
  { description: 'A service of Kubernetes' },
)
