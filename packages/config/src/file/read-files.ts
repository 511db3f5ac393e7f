import { MeshError } from '@meshwork/core/result'
import { objectParser, type ConfigObject, type Rejection } from '../kinds/index.ts'
import { FolderState } from './folder-state.ts'

export interface FilesRead {
  readonly objects: readonly ConfigObject[]
  readonly rejections: readonly Rejection[]
}

/** Reads a file or a directory once, for commands that look at configuration without running it. */
export async function readFiles(root: string): Promise<FilesRead> {
  const folder = new FolderState(root, objectParser())
  const scan = await folder.refresh()
  const problem = scan.problems.find(({ file }) => file === root)
  if (problem !== undefined) {
    throw new MeshError('CONFIG_NOT_READABLE', `cannot read ${root}: ${problem.reason}`, {
      source: 'config',
      nextStep: 'name a directory with YAML files, or a YAML file',
    })
  }
  const { objects, rejections } = folder.merged()
  return { objects: [...objects.values()], rejections }
}
