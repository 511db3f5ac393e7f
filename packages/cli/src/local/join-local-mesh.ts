import { readFile, writeFile } from 'node:fs/promises'
import { MeshError } from '@meshwork/core/result'
import type { JWK } from 'jose'
import { signWorkloadToken } from './identity/workload-tokens.ts'
import { LocalRun, type LocalRunOptions } from './local-run.ts'
import { runServiceObject } from './objects/run-objects.ts'
import { appProcess } from './plan/app-process.ts'
import { sidecarProcess } from './plan/plan-mesh.ts'
import { tokenPlan } from './plan/proxy-process.ts'
import { type WorkloadPorts, workloadPortDemands, workloadPorts } from './plan/workload-ports.ts'
import { type WorkloadShape, workloadShape } from './plan/workload.ts'
import { allocatePorts } from './ports/allocate-ports.ts'
import type { MeshState } from './state/mesh-state.ts'
import { writeRegistryFile } from './state/prepare-state.ts'
import { identityOf } from './state/process-identity.ts'
import { claimRun, nameTaken, releaseRun, runServiceName } from './state/run-file.ts'
import type { StatePaths } from './state/state-paths.ts'

export interface JoinOptions extends Pick<LocalRunOptions, 'paths' | 'clock' | 'env' | 'onEvent'> {
  readonly state: MeshState
  readonly name: string
  readonly version: string
  readonly serviceAccount: string
  /** Where the program listens on 127.0.0.1. */
  readonly appPort: number
  /** What others call it by: `http://<name>:<servicePort>`. */
  readonly servicePort: number
  readonly argv: readonly string[]
  readonly cwd: string
}

/** Makes any program a member of a running mesh: a pod with a sidecar and an identity of its own, until it ends. */
export async function joinLocalMesh(options: JoinOptions): Promise<LocalRun> {
  const { state, paths } = options
  const workload = runWorkload(options)
  if (state.processes.some(each => each.name === `sidecar/${workload.pod}`)) throw nameTaken(workload.pod)
  const runner = await identityOf(process.pid)
  if (runner === undefined) throw new MeshError('INTERNAL', 'cannot read the start time of this process')
  await claimRun(paths, { pod: workload.pod, service: workload.service, runner, processes: [] })
  let run: LocalRun | undefined
  try {
    const placed = { workload, ports: await runPorts(workload.pod, options.appPort) }
    const sidecar = { ...sidecarProcess(placed, state.controlPlane, paths, { envoy: null, metrics: null }), after: [] }
    const app = appProcess(workload, placed.ports, { argv: options.argv, cwd: options.cwd, env: {} }, [])
    await writeToken(workload, paths)
    await ensureService(options, workload)
    run = new LocalRun({ ...options, placed, runner, sidecar, app })
    await run.start()
    return run
  } catch (error) {
    await (run === undefined ? releaseRun(paths, workload) : run.leave())
    throw error
  }
}

function runWorkload({ name, version, serviceAccount, servicePort, state }: JoinOptions): WorkloadShape {
  const pod = `${name}-${version}`
  return workloadShape({ pod, namespace: state.namespace, service: name, servicePort, serviceAccount, version })
}

/** The program's own port is the user's word; the three of the sidecar are free ones. */
async function runPorts(pod: string, app: number): Promise<WorkloadPorts> {
  const name = `${pod}.app`
  const table = await allocatePorts(workloadPortDemands(pod).filter(demand => demand.name !== name))
  return workloadPorts(pod, new Map([...table, [name, app]]))
}

/** Adds the Service, unless the mesh file has it already. Other runs of the name write the same. */
async function ensureService({ state, paths }: JoinOptions, { service, namespace, servicePort }: WorkloadShape): Promise<void> {
  if (state.services.includes(service)) return
  await writeRegistryFile(paths, { name: runServiceName(service), documents: [runServiceObject(service, namespace, servicePort)] })
}

async function writeToken(workload: WorkloadShape, paths: StatePaths): Promise<void> {
  const key = parseKey(await readFile(paths.signingKey, 'utf8'))
  const { file, namespace, serviceAccount } = tokenPlan(workload, paths)
  await writeFile(file, await signWorkloadToken(key, namespace, serviceAccount), { mode: 0o600 })
}

function parseKey(text: string): JWK {
  const value: unknown = JSON.parse(text)
  if (typeof value === 'object' && value !== null && 'kty' in value && typeof value.kty === 'string') return { ...value, kty: value.kty }
  throw new MeshError('STATE_BROKEN', 'the signing key of the mesh cannot be read', {
    nextStep: 'meshctl local down, then meshctl local up',
  })
}
