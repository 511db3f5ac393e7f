import type { ControlPlanePorts } from '../plan/control-plane-ports.ts'
import { attributeManifestObject } from './attribute-manifest.ts'
import { SYSTEM_NAMESPACE } from './system-namespace.ts'
import { serviceWithEndpoints } from './metadata.ts'
import { podObject, serviceAccountObject } from './workload-objects.ts'
import { workloadShape, type WorkloadShape } from '../plan/workload.ts'

const MIXER_PORT = 9091
const POLICY = 'istio-policy'
const TELEMETRY = 'istio-telemetry'

/** The ingress gateway under the name and label that Istio's own Gateway samples select. */
export const GATEWAY_LABELS: Readonly<Record<string, string>> = { app: 'istio-ingressgateway', istio: 'ingressgateway' }

export function gatewayWorkload(): WorkloadShape {
  const name = 'istio-ingressgateway'
  const shape = workloadShape({
    pod: name,
    namespace: SYSTEM_NAMESPACE,
    service: name,
    servicePort: 0,
    serviceAccount: `${name}-service-account`,
    version: 'v1',
  })
  return { ...shape, labels: { ...shape.labels, ...GATEWAY_LABELS } }
}

/** The services that are not the user's: mixer under its two names, and the gateway. */
export function infrastructureObjects(ports: ControlPlanePorts): readonly object[] {
  return [attributeManifestObject(), ...mixerObjects(ports), ...gatewayObjects(ports)]
}

/** Settings of the whole mesh: where mixer is, and an access log for every proxy. */
export function meshConfigObject(): object {
  return {
    apiVersion: 'meshwork.dev/v1',
    kind: 'MeshConfig',
    metadata: { name: 'default' },
    spec: {
      accessLogFile: '/dev/stdout',
      enableAutoMtls: true,
      rootNamespace: SYSTEM_NAMESPACE,
      trustDomain: 'cluster.local',
      mixerCheckServer: `${POLICY}.${SYSTEM_NAMESPACE}.svc.cluster.local:${MIXER_PORT}`,
      mixerReportServer: `${TELEMETRY}.${SYSTEM_NAMESPACE}.svc.cluster.local:${MIXER_PORT}`,
    },
  }
}

function mixerObjects(ports: ControlPlanePorts): readonly object[] {
  return [POLICY, TELEMETRY].flatMap(name =>
    serviceWithEndpoints(name, SYSTEM_NAMESPACE, { app: name }, [
      { name: 'grpc-mixer', port: MIXER_PORT, endpoints: [{ port: ports.mixer }] },
    ]),
  )
}

function gatewayObjects(ports: ControlPlanePorts): readonly object[] {
  const [first] = ports.gateway
  if (first === undefined) return []
  const workload = gatewayWorkload()
  const servicePorts = ports.gateway.map(({ named, listen }) => ({
    name: `http-${named}`,
    port: named,
    endpoints: [{ port: listen, pod: workload.pod }],
  }))
  return [
    serviceAccountObject(workload.serviceAccount, workload.namespace),
    podObject(workload, first.listen),
    ...serviceWithEndpoints(workload.pod, workload.namespace, GATEWAY_LABELS, servicePorts),
  ]
}
