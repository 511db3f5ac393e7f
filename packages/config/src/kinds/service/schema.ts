import { constrained, mapped, object, optional, orElse, required, type Field, type Shape } from '../shape/shape.ts'
import { flag, intOrText, labels, listField, oneOf, count, text } from '../shape/values.ts'
import { DEFAULT_SERVICE_TYPE, DEFAULT_TRANSPORT } from './defaults.ts'
import type { ServicePortSpec, ServiceSpec } from './type.ts'

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

export const serviceShape: Shape<ServiceSpec> = constrained(
  object<ServiceSpec>(
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
  ),
  { description: 'A service of Kubernetes' },
)
