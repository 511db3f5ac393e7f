import { err, ok, type Result } from '../result/result.ts'

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END \1-----/g

/** The DER bytes of every block with one of `labels`, in order. Text between blocks is ignored (RFC 7468 section 2). */
export function decodePem(text: string, labels: readonly string[]): Result<readonly Buffer[], string> {
  const blocks = [...text.matchAll(BLOCK)].filter(([, label]) => label !== undefined && labels.includes(label))
  if (blocks.length === 0) return err(`there is no PEM block '${labels[0] ?? ''}'`)
  return ok(blocks.map(([, , body]) => Buffer.from(body ?? '', 'base64')))
}

export function encodePem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString('base64')
  const lines = base64.match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
