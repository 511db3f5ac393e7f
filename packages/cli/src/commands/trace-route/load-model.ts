import { resolve } from 'node:path'
import { fileLocator } from '@meshwork/config/file'
import type { CommandContext } from '../../command/command.ts'
import { findMesh } from '../../local/state/read-state.ts'
import { getJson } from '../../mesh-api/get-json.ts'
import { meshModel, type MeshModel, objectsOfAnswer } from '../../trace/mesh-model.ts'
import { type Cite, citer } from '../../trace/step.ts'
import { shownPath } from '../analyze/finding-row.ts'
import { readInputs, STANDARD_INPUT } from '../analyze/read-inputs.ts'
import { pathsFor } from '../local/state-option.ts'

export interface LoadedModel {
  readonly model: MeshModel
  readonly cite: Cite
  /** Where the configuration is from, for people. */
  readonly from: string
}

/** The mesh of some files; without any the local mesh that runs, else the files of the current folder. */
export async function loadModel(files: readonly string[], stateDir: string, context: CommandContext): Promise<LoadedModel> {
  const running = files.length > 0 ? undefined : await runningMesh(stateDir, context)
  if (running !== undefined) return running
  const paths = files.length === 0 ? ['.'] : files
  const inputs = await readInputs(paths.map(path => (path === STANDARD_INPUT ? path : resolve(context.cwd, path))))
  return {
    model: meshModel(inputs.objects, inputs.documents),
    cite: shortened(citer(fileLocator(inputs.texts)), context),
    from: paths.join(', '),
  }
}

async function runningMesh(stateDir: string, context: CommandContext): Promise<LoadedModel | undefined> {
  const found = await findMesh(pathsFor(stateDir, context))
  if (found.kind !== 'running') return undefined
  const answer = await getJson('pilot', `http://${found.state.controlPlane.pilotDebug}/debug/configz`)
  return {
    model: meshModel(objectsOfAnswer(answer), []),
    cite: shortened(citer(fileLocator()), context),
    from: `the running mesh '${found.state.name}'`,
  }
}

/** Files as short as the reader can use them. */
function shortened(cite: Cite, { cwd }: CommandContext): Cite {
  return (object, path) => {
    const citation = cite(object, path)
    return { ...citation, file: shownPath(citation.file, cwd) }
  }
}
