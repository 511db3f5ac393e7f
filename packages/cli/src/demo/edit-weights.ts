import { readFile, rename, writeFile } from 'node:fs/promises'
import { MeshError } from '@meshwork/core/result'
import { type Document, isMap, isSeq, parseAllDocuments, type YAMLMap } from 'yaml'

/** The weights per subset in the last route of a VirtualService file: what applies to visitors who match nothing else. */
export async function readWeights(file: string): Promise<ReadonlyMap<string, number>> {
  const documents = parseAllDocuments(await readFile(file, 'utf8'))
  return new Map(destinations(documents, file).map(each => [String(each.getIn(['destination', 'subset'])), Number(each.get('weight'))]))
}

/** Edits the weights in place, comments and all, and saves as editors do: a new file that takes the place of the old one. */
export async function saveWeights(file: string, weights: ReadonlyMap<string, number>): Promise<void> {
  const documents = parseAllDocuments(await readFile(file, 'utf8'))
  for (const each of destinations(documents, file)) each.set('weight', weights.get(String(each.getIn(['destination', 'subset']))) ?? 0)
  await writeFile(`${file}.new`, documents.map(String).join('---\n').replaceAll('---\n---\n', '---\n'))
  await rename(`${file}.new`, file)
}

function destinations(documents: readonly unknown[], file: string): readonly YAMLMap[] {
  const virtualService = documents.filter(isDocument).find(each => each.get('kind') === 'VirtualService')
  const http: unknown = virtualService?.getIn(['spec', 'http'])
  const last = isSeq(http) ? http.items.at(-1) : undefined
  const route: unknown = isMap(last) ? last.get('route') : undefined
  const found = isSeq(route) ? route.items.filter(isMap) : []
  if (found.length === 0)
    throw new MeshError('SAMPLE_CHANGED', `${file} has no VirtualService with weights any more`, { nextStep: 'restore the sample' })
  return found
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && 'getIn' in value
}
