import { request } from 'node:http'
import type { SendOutcome } from './batch.ts'

/** A collector may take this long; spans of a slower one are given up. */
const TIMEOUT_MS = 5000

/** One report over HTTP. */
export interface HttpReport {
  /** `host:port` of an endpoint of the collector's cluster. */
  readonly address: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** Posts a report. Never rejects. */
export function postReport({ address, path, headers, body }: HttpReport): Promise<SendOutcome> {
  const { promise, resolve } = Promise.withResolvers<SendOutcome>()
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const post = request(`http://${address}${path}`, { method: 'POST', headers, signal }, response => {
    const { statusCode = 500 } = response
    response.resume()
    response.once('end', () => resolve(statusCode < 300 ? 'sent' : 'failed'))
    response.once('error', () => resolve('failed'))
  })
  post.once('error', () => resolve('failed'))
  post.end(body)
  return promise
}
