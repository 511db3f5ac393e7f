import type { LocalMesh, LocalService, LocalVersion } from '../definition/local-mesh.ts'

/** One instance of a service: an application with its sidecar, as a pod would hold them. */
export interface WorkloadShape {
  /** Pod name, unique in its namespace. */
  readonly pod: string
  readonly namespace: string
  readonly service: string
  readonly servicePort: number
  readonly serviceAccount: string
  readonly labels: Readonly<Record<string, string>>
}

export interface Workload extends WorkloadShape {
  readonly version: LocalVersion
}

/** A label that only this pod has, so that a Sidecar object can select it alone. */
export const INSTANCE_LABEL = 'meshwork.dev/instance'

export function workloadsOf(mesh: LocalMesh): readonly Workload[] {
  return mesh.services.flatMap(service =>
    service.versions.flatMap(version => Array.from({ length: version.instances }, (_, index) => workloadOf(mesh, service, version, index))),
  )
}

function workloadOf(mesh: LocalMesh, service: LocalService, version: LocalVersion, index: number): Workload {
  const base = `${service.name}-${version.version.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`
  const shape = workloadShape({
    pod: version.instances === 1 ? base : `${base}-${index + 1}`,
    namespace: mesh.namespace,
    service: service.name,
    servicePort: service.port,
    serviceAccount: service.serviceAccount,
    version: version.version,
  })
  return { ...shape, version }
}

export interface WorkloadFacts extends Omit<WorkloadShape, 'labels'> {
  readonly version: string
}

export function workloadShape({ version, ...facts }: WorkloadFacts): WorkloadShape {
  return { ...facts, labels: { app: facts.service, version, [INSTANCE_LABEL]: facts.pod } }
}
