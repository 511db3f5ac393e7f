import { createHash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { YamlDocument } from './yaml-documents.ts'

/**
 * The first line of an injected document: the document as it was, so that `uninject` gives it back byte by byte, comments and all. It is
 * a comment: no API server sees it. The hash is that of what follows: whoever changes the document by hand keeps the change.
 */
const MARK = /^# meshctl inject: ([0-9a-f]{16}) ([A-Za-z0-9+/=]+)\r?\n/
const MOST_BYTES = 4 * 1024 * 1024

/** An injected body with its mark. */
export function withMark(original: string, injected: string): string {
  const packed = deflateRawSync(original).toString('base64')
  return `# meshctl inject: ${hashOf(injected)} ${packed}\n${injected}`
}

/** The document as it was; undefined: there is no mark, or the document was changed since. */
export function originalOf({ body }: YamlDocument): string | undefined {
  const [mark = '', hash = '', packed = ''] = MARK.exec(body) ?? []
  if (mark === '' || hashOf(body.slice(mark.length)) !== hash) return undefined
  try {
    return inflateRawSync(Buffer.from(packed, 'base64'), { maxOutputLength: MOST_BYTES }).toString()
  } catch {
    return undefined
  }
}

/** White space at the end does not count: other documents may follow or not. */
function hashOf(text: string): string {
  return createHash('sha256').update(text.trimEnd()).digest('hex').slice(0, 16)
}
