import { stat } from 'node:fs/promises'
import { MeshError } from '@meshwork/core/result'
import type { MeshState } from './mesh-state.ts'
import { isAlive } from './process-identity.ts'
import { readJson } from './state-file.ts'
import type { StatePaths } from './state-paths.ts'

/** `stale`: the folder is there but its supervisor is not; `state` says what it had started, if that can still be read. */
export type Found =
  | { readonly kind: 'none' }
  | { readonly kind: 'running'; readonly state: MeshState }
  | { readonly kind: 'stale'; readonly state: MeshState | undefined }

export async function findMesh(paths: StatePaths): Promise<Found> {
  const folder = await stat(paths.root).catch(() => undefined)
  if (folder === undefined) return { kind: 'none' }
  const state = await readJson(paths.meshFile, isMeshState)
  if (state !== undefined && (await isAlive(state.supervisor))) return { kind: 'running', state }
  const holdsLogsOnly = state === undefined && (await stat(paths.registry).catch(() => undefined)) === undefined
  return holdsLogsOnly ? { kind: 'none' } : { kind: 'stale', state }
}

/** The running mesh, or a `MeshError` that says how to get one. */
export async function requireMesh(paths: StatePaths): Promise<MeshState> {
  const found = await findMesh(paths)
  if (found.kind === 'running') return found.state
  throw new MeshError('NO_MESH', `no local mesh is running with state in ${paths.root}`, {
    source: 'config',
    nextStep: 'start one with: meshctl local up, or name its folder with --state-dir',
  })
}

/** Only what other commands would crash on; the file is ours and private. */
function isMeshState(value: unknown): value is MeshState {
  if (typeof value !== 'object' || value === null) return false
  const has = (name: string, type: string): boolean => typeof Object.getOwnPropertyDescriptor(value, name)?.value === type
  return 'version' in value && value.version === 1 && has('supervisor', 'object') && 'processes' in value && Array.isArray(value.processes)
}
