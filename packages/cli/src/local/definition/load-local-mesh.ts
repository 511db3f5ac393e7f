import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { formatViolation, MeshError, messageOf } from '@meshwork/core/result'
import { isNode, LineCounter, parseDocument } from 'yaml'
import { violationLine } from './violation-line.ts'
import type { LocalMesh } from './local-mesh.ts'
import { parseLocalMesh } from './parse-local-mesh.ts'

const LARGEST_BYTES = 1 << 20

/** Reads and checks a mesh file. Anything wrong is one `MeshError` with `file:line` of each violation. */
export async function loadLocalMesh(path: string): Promise<LocalMesh> {
  const file = resolve(path)
  const text = await readText(file, path)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [broken] = document.errors
  if (broken !== undefined) {
    throw invalid(path, [`${path}:${lines.linePos(broken.pos[0]).line}: ${broken.message}`])
  }
  const mesh = parseLocalMesh(document.toJS({ maxAliasCount: 100 }), dirname(file))
  if (mesh.kind === 'err') {
    const root = isNode(document.contents) ? document.contents : null
    throw invalid(
      path,
      mesh.error.map(each => `${path}:${violationLine(root, each.path, lines)}: ${formatViolation(each)}`),
    )
  }
  await checkFolders(path, mesh.value)
  return mesh.value
}

async function readText(file: string, shown: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size > LARGEST_BYTES) throw new MeshError('MESH_FILE_INVALID', `${shown} is larger than ${LARGEST_BYTES} bytes`)
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof MeshError) throw error
    throw new MeshError('MESH_FILE_MISSING', `cannot read ${shown}: ${messageOf(error)}`, {
      source: 'config',
      nextStep: 'name the file with -f, or start from the sample: meshctl demo',
    })
  }
}

function invalid(path: string, findings: readonly string[]): MeshError {
  return new MeshError('MESH_FILE_INVALID', findings.join(' | '), {
    source: 'config',
    nextStep: `correct ${path} and run the command again`,
  })
}

async function checkFolders(path: string, mesh: LocalMesh): Promise<void> {
  for (const folder of mesh.config) {
    const found = await stat(folder).catch(() => undefined)
    if (found?.isDirectory() !== true) throw invalid(path, [`${path}: spec.config: ${folder} is not a folder`])
  }
}
