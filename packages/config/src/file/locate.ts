import { readFileSync } from 'node:fs'
import type { Origin } from '../kinds/index.ts'
import { readDocuments, type ReadDocument } from './read-documents.ts'

/**
 * Finds the lines of paths in objects that came from files, reading each file once more when first asked. Falls back to the first
 * line of the object. `texts` are contents by name that are no files, standard input for example.
 */
export function fileLocator(texts: ReadonlyMap<string, string> = new Map()): (object: { readonly origin: Origin }, path: string) => number {
  const files = new Map<string, readonly ReadDocument[]>()
  return ({ origin }, path) => {
    const documents = files.get(origin.file) ?? read(origin.file, texts)
    files.set(origin.file, documents)
    return documents.find(({ line }) => line === origin.line)?.lineOf(path) ?? origin.line
  }
}

function read(file: string, texts: ReadonlyMap<string, string>): readonly ReadDocument[] {
  try {
    return readDocuments(texts.get(file) ?? readFileSync(file, 'utf8')).documents
  } catch {
    return []
  }
}
