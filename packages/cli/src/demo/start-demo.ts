import { cp, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MeshError } from '@meshwork/core/result'
import { loadLocalMesh } from '../local/definition/load-local-mesh.ts'
import type { LocalMeshOptions, RunningMesh } from '../local/local-mesh-options.ts'
import { startLocalMesh } from '../local/start-local-mesh.ts'

/** `examples/bookinfo` of the repository, seen from `src/demo` and from `dist/demo`. */
const SAMPLE: URL = new URL('../../../../examples/bookinfo/mesh.yaml', import.meta.url)

export interface RunningDemo {
  readonly mesh: RunningMesh
  /** The copy of the sample's configuration that the mesh watches, for editing. */
  readonly config: string
  stop(): Promise<void>
}

/** Starts the sample mesh on a copy of its configuration, so that trying things out changes nothing in the repository. */
export async function startDemo(options: Omit<LocalMeshOptions, 'mesh' | 'config'>): Promise<RunningDemo> {
  const sample = fileURLToPath(SAMPLE)
  if ((await stat(sample).catch(() => undefined)) === undefined) {
    throw new MeshError('SAMPLE_MISSING', `the sample is not at ${sample}`, { nextStep: 'run the demo from a clone of the repository' })
  }
  const mesh = await loadLocalMesh(sample)
  const folder = await mkdtemp(join(tmpdir(), 'meshwork-demo-'))
  const config = join(folder, 'config')
  try {
    await cp(join(dirname(sample), 'config'), config, { recursive: true })
    const running = await startLocalMesh({ ...options, mesh: { ...mesh, config: [] }, config: [config] })
    const stop = async (): Promise<void> => {
      try {
        await running.stop()
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    }
    return { mesh: running, config, stop }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}
