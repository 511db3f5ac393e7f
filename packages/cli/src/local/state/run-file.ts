import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MeshError } from '@meshwork/core/result'
import type { ProcessStatus } from './mesh-state.ts'
import { isAlive, type ProcessIdentity } from './process-identity.ts'
import { readJson, writeJson } from './state-file.ts'
import type { StatePaths } from './state-paths.ts'

/** A `local run` that joined the mesh: who it is, and what it started. */
export interface RunRecord {
  readonly pod: string
  readonly service: string
  readonly runner: ProcessIdentity
  readonly processes: readonly ProcessStatus[]
}

/** Takes the name for this run; a second run of the same name is refused as long as the first one lives. */
export async function claimRun(paths: StatePaths, record: RunRecord): Promise<void> {
  await forgetDeadRuns(paths)
  try {
    await writeFile(runFile(paths, record.pod), JSON.stringify(record), { flag: 'wx', mode: 0o600 })
  } catch {
    throw nameTaken(record.pod)
  }
}

export function nameTaken(pod: string): MeshError {
  return new MeshError('NAME_TAKEN', `${pod} already runs in this mesh`, {
    source: 'config',
    nextStep: 'choose another --name or --version',
  })
}

export async function updateRun(paths: StatePaths, record: RunRecord): Promise<void> {
  await writeJson(runFile(paths, record.pod), record)
}

/** Name of the registry file with the objects of a run. */
export function runRegistryName(pod: string): string {
  return `run-${pod}.yaml`
}

/** Name of the registry file with the Service that runs of this name share. */
export function runServiceName(service: string): string {
  return `run-service-${service}.yaml`
}

/** Takes the objects of a run out of the mesh; the last of its name takes the Service with it. */
export async function releaseRun(paths: StatePaths, run: Pick<RunRecord, 'pod' | 'service'>): Promise<void> {
  await rm(join(paths.registry, runRegistryName(run.pod)), { force: true })
  await rm(runFile(paths, run.pod), { force: true })
  const others = await readRuns(paths)
  if (!others.some(other => other.service === run.service)) await rm(join(paths.registry, runServiceName(run.service)), { force: true })
}

export async function readRuns(paths: StatePaths): Promise<readonly RunRecord[]> {
  const names = await readdir(paths.runs).catch(() => [])
  const records = await Promise.all(names.filter(name => name.endsWith('.json')).map(name => readJson(join(paths.runs, name), isRunRecord)))
  return records.filter(record => record !== undefined)
}

/** Removes the objects of runs that ended without being able to: their traffic would go nowhere. Returns their names. */
export async function forgetDeadRuns(paths: StatePaths): Promise<readonly string[]> {
  const gone: string[] = []
  for (const run of await readRuns(paths)) {
    if (await isAlive(run.runner)) continue
    await releaseRun(paths, run)
    gone.push(run.pod)
  }
  return gone
}

function runFile(paths: StatePaths, pod: string): string {
  return join(paths.runs, `${pod}.json`)
}

function isRunRecord(value: unknown): value is RunRecord {
  if (typeof value !== 'object' || value === null) return false
  return (
    'pod' in value &&
    typeof value.pod === 'string' &&
    'service' in value &&
    'runner' in value &&
    typeof value.runner === 'object' &&
    'processes' in value
  )
}
