import { MeshError } from '@meshwork/core/result'
import { objectParser, type ConfigObject, type ObjectParser, type RawObject, type Rejection } from '../kinds/index.ts'
import { stampCreation } from '../source/sequence.ts'
import { FolderState } from './folder-state.ts'
import { NO_OBJECTS, parseFile } from './parse-file.ts'

export interface FilesRead {
  readonly objects: readonly ConfigObject[]
  readonly rejections: readonly Rejection[]
  /** Every document that is an object, those of foreign kinds (a Deployment, say) and refused ones too. */
  readonly documents: readonly RawObject[]
}

/** Reads a file or a directory once, for commands that look at configuration without running it. */
export async function readFiles(root: string, parser: ObjectParser = objectParser()): Promise<FilesRead> {
  const folder = new FolderState(root, parser, true)
  const scan = await folder.refresh()
  const problem = scan.problems.find(({ file }) => file === root)
  if (problem !== undefined) {
    throw new MeshError('CONFIG_NOT_READABLE', `cannot read ${root}: ${problem.reason}`, {
      source: 'config',
      nextStep: 'name a directory with YAML files, or a YAML file',
    })
  }
  const { objects, rejections } = folder.merged()
  return { objects: [...objects.values()], rejections, documents: folder.documents() }
}

/** Reads configuration from a text, standard input for example; `name` stands for the file in messages. */
export function readText(text: string, name: string): FilesRead {
  const { objects, rejections, documents } = parseFile(name, text, NO_OBJECTS, objectParser(), true)
  return {
    objects: [...objects.values()].map(({ object, dated }, place) => (dated ? object : stampCreation(object, place * 1000))),
    rejections,
    documents,
  }
}
