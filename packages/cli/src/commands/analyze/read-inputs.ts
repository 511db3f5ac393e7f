import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { text as readStream } from 'node:stream/consumers'
import { type FilesRead, readFiles, readText } from '@meshwork/config/file'
import { stringify } from 'yaml'
import { loadLocalMesh } from '../../local/definition/load-local-mesh.ts'
import type { LocalMesh } from '../../local/definition/local-mesh.ts'
import { LOCAL_MESH_KIND } from '../../local/definition/parse-local-mesh.ts'
import { planMesh, portDemands } from '../../local/plan/plan-mesh.ts'
import { statePaths } from '../../local/state/state-paths.ts'

/** How standard input is called in place of a path, and in messages. */
export const STANDARD_INPUT = '-'
const STANDARD_INPUT_NAME = 'standard input'

export interface Inputs extends FilesRead {
  /** Contents that are no files, by the name that messages give them. */
  readonly texts: ReadonlyMap<string, string>
}

/**
 * All that is to be looked at together. A mesh file among the paths brings its services and its configuration folders along;
 * the path `-` is standard input.
 */
export async function readInputs(paths: readonly string[]): Promise<Inputs> {
  const files = paths.filter(path => path !== STANDARD_INPUT)
  const meshFiles = (await Promise.all(files.map(findMeshFiles))).flat()
  const meshes = await Promise.all(meshFiles.map(readMesh))
  const folders = new Set(meshes.flatMap(each => each.mesh.config).filter(folder => !files.some(path => isBelow(folder, path))))
  const text = files.length === paths.length ? undefined : await readStream(process.stdin)
  const reads = [
    ...(await Promise.all([...files, ...folders].map(path => readFiles(path)))),
    ...(text === undefined ? [] : [readText(text, STANDARD_INPUT_NAME)]),
    ...meshes.map(each => each.generated),
  ]
  return {
    objects: reads.flatMap(read => read.objects),
    rejections: reads.flatMap(read => read.rejections),
    documents: reads.flatMap(read => read.documents),
    texts: new Map(text === undefined ? [] : [[STANDARD_INPUT_NAME, text]]),
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
  readonly generated: FilesRead
}

async function readMesh(file: string): Promise<MeshInput> {
  const mesh = await loadLocalMesh(file)
  const ports = new Map(
    portDemands(mesh, { kind: 'as-named' }).map(({ name, wish }, index) => [name, wish.kind === 'any' ? FIRST_PORT + index : wish.port]),
  )
  const { registry } = planMesh({ mesh, paths: statePaths(dirname(file)), config: [], ports })
  const text = registry.flatMap(each => each.documents.map(document => stringify(document, { aliasDuplicateObjects: false }))).join('---\n')
  const { objects, documents } = readText(text, file)
  return { mesh, generated: { objects, documents, rejections: [] } }
}

/** Any numbers will do: nothing is started. */
const FIRST_PORT = 20_000
