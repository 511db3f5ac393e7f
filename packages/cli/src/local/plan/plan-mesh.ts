import type { LocalMesh, LocalVersion } from '../definition/local-mesh.ts'
import { gatewayWorkload, infrastructureObjects, meshConfigObject } from '../objects/infrastructure-objects.ts'
import { serviceAccountObject } from '../objects/workload-objects.ts'
import { type PlacedWorkload, serviceObjects } from '../objects/service-objects.ts'
import type { PortDemand, PortTable } from '../ports/allocate-ports.ts'
import type { StatePaths } from '../state/state-paths.ts'
import { appProcess } from './app-process.ts'
import { controlPlaneProcesses } from './control-plane-processes.ts'
import { type ControlPlanePorts, controlPlaneDemands, controlPlanePorts, type GatewayPort } from './control-plane-ports.ts'
import type { MeshPlan, ProcessPlan, RegistryFile, TokenPlan } from './mesh-plan.ts'
import { type ControlPlaneAddresses, proxyProcess, tokenPlan } from './proxy-process.ts'
import { workloadPortDemands, workloadPorts } from './workload-ports.ts'
import { type Workload, workloadsOf } from './workload.ts'

export interface PlanInputs {
  readonly mesh: LocalMesh
  readonly paths: StatePaths
  /** Folders with the user's configuration: of the mesh file, then of the command line. */
  readonly config: readonly string[]
  /** From `portDemands` of the same mesh. */
  readonly ports: PortTable
}

/** What proxies wait for before they start: without either of the two they could do nothing but retry. */
const CONTROL_PLANE = ['citadel', 'pilot']

export function portDemands(mesh: LocalMesh, gatewayPort: GatewayPort): readonly PortDemand[] {
  return [...controlPlaneDemands(mesh, gatewayPort), ...workloadsOf(mesh).flatMap(({ pod }) => workloadPortDemands(pod))]
}

/** Decides everything that `local up` will write and start. Pure: equal inputs, equal plan. */
export function planMesh({ mesh, paths, config, ports: table }: PlanInputs): MeshPlan {
  const ports = controlPlanePorts(mesh, table)
  const addresses = controlPlaneAddresses(ports)
  const placed = workloadsOf(mesh).map(workload => ({ workload, ports: workloadPorts(workload.pod, table) }))
  const gateway = mesh.gateway === null ? [] : [gatewayProcess(ports, addresses, paths)]
  const sidecars = placed.map(each => sidecarProcess(each, addresses, paths, each.workload.version))
  const apps = placed.map(({ workload, ports: own }) =>
    appProcess(workload, own, { argv: workload.version.command, cwd: mesh.directory, env: workload.version.env }, []),
  )
  return {
    processes: [...controlPlaneProcesses(ports, paths, config), ...gateway, ...sidecars, ...apps],
    registry: registryFiles(mesh, ports, placed),
    meshConfig: meshConfigObject(),
    tokens: tokens(mesh, placed, paths),
    gateways: ports.gateway.map(({ named, listen }) => ({ port: named, url: `http://127.0.0.1:${listen}` })),
  }
}

export function controlPlaneAddresses(ports: ControlPlanePorts): ControlPlaneAddresses {
  return { xds: `127.0.0.1:${ports.pilotXds}`, citadel: `127.0.0.1:${ports.citadel}` }
}

export function sidecarProcess(
  { workload, ports }: PlacedWorkload,
  addresses: ControlPlaneAddresses,
  paths: StatePaths,
  { envoy, metrics }: Pick<LocalVersion, 'envoy' | 'metrics'>,
): ProcessPlan {
  const { inbound, httpProxy, admin, status, app } = ports
  const name = `sidecar/${workload.pod}`
  const watched = { admin, status, appMetrics: metrics === null ? null : `${app}${metrics}` }
  const shape = { name, type: 'sidecar', workload, watched, ports: { inbound, httpProxy }, after: CONTROL_PLANE, envoy } as const
  return proxyProcess(shape, addresses, paths)
}

function gatewayProcess(ports: ControlPlanePorts, addresses: ControlPlaneAddresses, paths: StatePaths): ProcessPlan {
  const listening = Object.fromEntries(ports.gateway.map(({ named, listen }) => [`http${named}`, listen]))
  const workload = gatewayWorkload()
  const watched = { admin: ports.gatewayAdmin, status: ports.gatewayStatus, appMetrics: null }
  const shape = { name: 'gateway', type: 'router', workload, watched, ports: listening, after: CONTROL_PLANE, envoy: null } as const
  return proxyProcess(shape, addresses, paths)
}

function registryFiles(
  mesh: LocalMesh,
  ports: ControlPlanePorts,
  placed: readonly { workload: Workload; ports: PlacedWorkload['ports'] }[],
): readonly RegistryFile[] {
  const services = mesh.services.map(({ name }) => ({
    name: `service-${name}.yaml`,
    documents: serviceObjects(placed.filter(each => each.workload.service === name)),
  }))
  const accounts = [...new Set(mesh.services.map(each => each.serviceAccount))].map(name => serviceAccountObject(name, mesh.namespace))
  return [{ name: 'mesh.yaml', documents: [...infrastructureObjects(ports), ...accounts] }, ...services]
}

function tokens(mesh: LocalMesh, placed: readonly PlacedWorkload[], paths: StatePaths): readonly TokenPlan[] {
  const workloads = [...(mesh.gateway === null ? [] : [gatewayWorkload()]), ...placed.map(each => each.workload)]
  return [...new Map(workloads.map(workload => tokenPlan(workload, paths)).map(plan => [plan.file, plan])).values()]
}
