import { MeshError, messageOf } from '@meshwork/core/result'

import { isMap } from '../engine/values.ts'
import type { TemplateMap } from '../engine/values.ts'
import { parseYamlDocuments } from '../yaml/parse-yaml.ts'
import type { RenderedFile } from './render-chart.ts'

/** An object of a chart and the file that it came from. */
export interface Manifest {
  readonly path: string
  readonly object: TemplateMap
}

/** The objects of rendered files, read as YAML 1.1 as Helm and kubectl do. Throws MANIFEST_INVALID that names the file. */
export function manifestsOf(files: readonly RenderedFile[]): Manifest[] {
  return files.flatMap(({ path, text }) => documentsOf(path, text).map(object => ({ path, object })))
}

function documentsOf(path: string, text: string): TemplateMap[] {
  try {
    const documents = parseYamlDocuments(text)
    if (!documents.every(isMap)) throw new Error('a document is no object')
    return documents
  } catch (thrown) {
    throw new MeshError('MANIFEST_INVALID', `${path} did not render to objects: ${messageOf(thrown)}`, {
      source: 'config',
      nextStep: 'check the values that this file uses, and its indentation',
      cause: thrown,
    })
  }
}
