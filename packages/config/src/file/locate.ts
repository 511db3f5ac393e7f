import { readFileSync } from 'node:fs'
import type { ConfigObject } from '../kinds/index.ts'
import { readDocuments, type ReadDocument } from './read-documents.ts'

/**
 * Finds the lines of paths in objects that came from files, reading each file once more when first asked. Falls back to the first
 * line of the object.
 */
export function fileLocator(): (object: ConfigObject, path: string) => number {
  const files = new Map<string, readonly ReadDocument[]>()
  return ({ origin }, path) => {
    const documents = files.get(origin.file) ?? read(origin.file)
    files.set(origin.file, documents)
    return documents.find(({ line }) => line === origin.line)?.lineOf(path) ?? origin.line
  }
}

function read(file: string): readonly ReadDocument[] {
  try {
    return readDocuments(readFileSync(file, 'utf8')).documents
  } catch {
    return []
  }
}
