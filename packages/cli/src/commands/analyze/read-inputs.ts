import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type FilesRead, readFiles, readText } from '@meshwork/config/file'
import type { ConfigObject } from '@meshwork/config/kinds'
import { stringify } from 'yaml'
import { loadLocalMesh } from '../../local/definition/load-local-mesh.ts'
import type { LocalMesh } from '../../local/definition/local-mesh.ts'
import { LOCAL_MESH_KIND } from '../../local/definition/parse-local-mesh.ts'
import { planMesh, portDemands } from '../../local/plan/plan-mesh.ts'
import { statePaths } from '../../local/state/state-paths.ts'

/** All that is to be analysed together. A mesh file among the paths brings its services and its configuration folders along. */
export async function readInputs(paths: readonly string[]): Promise<FilesRead> {
  const meshFiles = (await Promise.all(paths.map(findMeshFiles))).flat()
  const meshes = await Promise.all(meshFiles.map(readMesh))
  const folders = new Set(meshes.flatMap(each => each.mesh.config).filter(folder => !paths.some(path => isBelow(folder, path))))
  const reads = await Promise.all([...paths, ...folders].map(path => readFiles(path)))
  return {
    objects: [...reads.flatMap(read => read.objects), ...meshes.flatMap(each => each.objects)],
    rejections: reads.flatMap(read => read.rejections),
  }
}

const MESH_FILE = new RegExp(`^kind: *["']?${LOCAL_MESH_KIND}["']? *(?:#.*)?$`, 'm')
const YAML = /\.ya?ml$/

/** The path itself, or the files directly in it, as far as they are mesh files. */
async function findMeshFiles(path: string): Promise<readonly string[]> {
  const names = await readdir(path).catch(() => undefined)
  const files = names === undefined ? [path] : names.filter(name => YAML.test(name)).map(name => join(path, name))
  const texts = await Promise.all(files.map(file => readFile(file, 'utf8').catch(() => '')))
  return files.filter((_, index) => MESH_FILE.test(texts[index] ?? ''))
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
