import { dirname, resolve } from 'node:path'
import { type FilesRead, readFiles, readText } from '@meshwork/config/file'
import type { ConfigObject, Rejection } from '@meshwork/config/kinds'
import { stringify } from 'yaml'
import { loadLocalMesh } from '../../local/definition/load-local-mesh.ts'
import type { LocalMesh } from '../../local/definition/local-mesh.ts'
import { LOCAL_MESH_KIND } from '../../local/definition/parse-local-mesh.ts'
import { planMesh, portDemands } from '../../local/plan/plan-mesh.ts'
import { statePaths } from '../../local/state/state-paths.ts'

/** All that is to be analysed together. A mesh file among the paths brings its services and its configuration folders along. */
export async function readInputs(paths: readonly string[]): Promise<FilesRead> {
  const reads = await Promise.all(paths.map(path => readFiles(resolve(path))))
  const all = reads.flatMap(read => read.rejections)
  const meshFiles = new Set(all.filter(isMeshFile).map(each => each.origin.file))
  const meshes = await Promise.all([...meshFiles].map(readMesh))
  const folders = new Set(meshes.flatMap(each => each.mesh.config).filter(folder => !paths.some(path => isBelow(folder, resolve(path)))))
  const extra = await Promise.all([...folders].map(folder => readFiles(folder)))
  return {
    objects: [...reads.flatMap(read => read.objects), ...extra.flatMap(read => read.objects), ...meshes.flatMap(each => each.objects)],
    rejections: [...all.filter(each => !isMeshFile(each)), ...extra.flatMap(read => read.rejections)],
  }
}

/** The kinds of the mesh do not have the mesh file among them: it is refused there, and read here. */
function isMeshFile(rejection: Rejection): boolean {
  return rejection.key?.kind === LOCAL_MESH_KIND
}

function isBelow(folder: string, path: string): boolean {
  return folder === path || folder.startsWith(path.endsWith('/') ? path : `${path}/`)
}

interface MeshInput {
  readonly mesh: LocalMesh
  /** What `local up` would generate. */
  readonly objects: readonly ConfigObject[]
}

async function readMesh(file: string): Promise<MeshInput> {
  const mesh = await loadLocalMesh(file)
  const ports = new Map(
    portDemands(mesh, { kind: 'as-named' }).map(({ name, wish }, index) => [name, wish.kind === 'any' ? FIRST_PORT + index : wish.port]),
  )
  const { registry } = planMesh({ mesh, paths: statePaths(dirname(file)), config: [], ports })
  const text = registry.flatMap(each => each.documents.map(document => stringify(document, { aliasDuplicateObjects: false }))).join('---\n')
  return { mesh, objects: readText(text, file).objects }
}

/** Any numbers will do: nothing is started. */
const FIRST_PORT = 20_000
