import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JWK } from 'jose'
import { MeshError } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { signWorkloadToken } from './identity/workload-tokens.ts'
import { runObjects, runServiceObject } from './objects/run-objects.ts'
import { appProcess } from './plan/app-process.ts'
import type { ProcessPlan } from './plan/mesh-plan.ts'
import { sidecarProcess } from './plan/plan-mesh.ts'
import { tokenPlan } from './plan/proxy-process.ts'
import { workloadPortDemands, workloadPorts } from './plan/workload-ports.ts'
import { type WorkloadShape, workloadShape } from './plan/workload.ts'
import { allocatePorts } from './ports/allocate-ports.ts'
import type { MeshState, ProcessStatus } from './state/mesh-state.ts'
import { writeRegistryFile } from './state/prepare-state.ts'
import { identityOf, type ProcessIdentity } from './state/process-identity.ts'
import { claimRun, nameTaken, releaseRun, runRegistryName, runServiceName, updateRun } from './state/run-file.ts'
import type { StatePaths } from './state/state-paths.ts'
import { GroupGuard } from './supervisor/group-guard.ts'
import { type ProcessEvent, SupervisedProcess } from './supervisor/supervised-process.ts'
import { logName } from './supervisor/supervisor.ts'

export interface JoinOptions {
  readonly state: MeshState
  readonly paths: StatePaths
  readonly name: string
  readonly version: string
  readonly serviceAccount: string
  /** Where the program listens on 127.0.0.1. */
  readonly appPort: number
  /** What others call it by: `http://<name>:<servicePort>`. */
  readonly servicePort: number
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly onEvent: (name: string, event: ProcessEvent) => void
}

export interface JoinedProgram {
  readonly processes: readonly ProcessStatus[]
  /** Resolves with the program's exit code when it ends by itself or by `leave`. */
  ended(): Promise<number>
  /** Takes the program out of the mesh, then ends it and its sidecar. */
  leave(): Promise<void>
}

/** Makes any program a member of a running mesh: a pod with a sidecar and an identity of its own, until it ends. */
export async function joinLocalMesh(options: JoinOptions): Promise<JoinedProgram> {
  const workload = runWorkload(options)
  if (options.state.processes.some(each => each.name === `sidecar/${workload.pod}`)) throw nameTaken(workload.pod)
  const runner = await identityOf(process.pid)
  if (runner === undefined) throw new MeshError('INTERNAL', 'cannot read the start time of this process')
  await claimRun(options.paths, { pod: workload.pod, service: workload.service, runner, processes: [] })
  const session = await openRun(options, workload, runner)
  try {
    await session.start()
    return session
  } catch (error) {
    await session.leave()
    throw error
  }
}

function runWorkload({ name, version, serviceAccount, servicePort, state }: JoinOptions): WorkloadShape {
  const pod = `${name}-${version}`
  return workloadShape({ pod, namespace: state.namespace, service: name, servicePort, serviceAccount, version })
}

/** How long proxies may take to hear that the program is no longer an endpoint, before it is really gone. */
const LEAVE_MS = 300

async function openRun(
  options: JoinOptions,
  workload: WorkloadShape,
  runner: ProcessIdentity,
): Promise<JoinedProgram & { start(): Promise<void> }> {
  const { paths, clock } = options
  const table = await allocatePorts(workloadPortDemands(workload.pod).slice(1))
  const ports = workloadPorts(workload.pod, new Map([...table, [`${workload.pod}.app`, options.appPort]]))
  const guard = new GroupGuard()
  const publish = (): void =>
    void updateRun(paths, { pod: workload.pod, service: workload.service, runner, processes: statuses() }).catch(() => undefined)
  const supervise = (plan: ProcessPlan, log: string | null): SupervisedProcess =>
    new SupervisedProcess(plan, {
      clock,
      cwd: paths.root,
      env: options.env,
      guard,
      log,
      restart: log !== null,
      onEvent: options.onEvent,
      onChange: () => (left === undefined ? publish() : undefined),
    })
  const program = { argv: options.argv, cwd: options.cwd, env: {} }
  const sidecarPlan = { ...sidecarProcess({ workload, ports }, options.state.controlPlane, paths, null), after: [] }
  const sidecar = supervise(sidecarPlan, join(paths.logs, logName(sidecarPlan.name)))
  const app = supervise(appProcess(workload, ports, program, []), null)
  const statuses = (): readonly ProcessStatus[] => [sidecar.status(), app.status()]
  let left: Promise<void> | undefined
  const registry = (ready: boolean): Promise<void> =>
    writeRegistryFile(paths, { name: runRegistryName(workload.pod), documents: runObjects({ workload, ports }, ready) })
  const leave = async (): Promise<void> => {
    if (await meshIsThere(paths)) await registry(false)
    await new Promise<void>(resolve => void clock.after(LEAVE_MS, resolve))
    await app.stop()
    await sidecar.stop()
    await guard.close()
    await releaseRun(paths, workload)
  }
  return {
    get processes(): readonly ProcessStatus[] {
      return statuses()
    },
    start: async () => {
      await writeToken(workload, paths)
      await ensureService(options, workload)
      await registry(false)
      await sidecar.start()
      await app.start()
      await registry(true)
    },
    ended: async () => {
      await app.finished()
      return app.exitCode() ?? 1
    },
    leave: () => (left ??= leave()),
  }
}

/** Adds the Service, unless the mesh file or another run has it already. */
async function ensureService({ state, paths }: JoinOptions, { service, namespace, servicePort }: WorkloadShape): Promise<void> {
  if (state.services.includes(service)) return
  await writeRegistryFile(paths, { name: runServiceName(service), documents: [runServiceObject(service, namespace, servicePort)] })
}

async function meshIsThere(paths: StatePaths): Promise<boolean> {
  return (await readFile(paths.meshFile).catch(() => undefined)) !== undefined
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
