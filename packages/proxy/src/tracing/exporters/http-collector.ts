import { request } from 'undici'
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
export async function postReport({ address, path, headers, body }: HttpReport): Promise<SendOutcome> {
  try {
    const url = `http://${address}${path}`
    const response = await request(url, { method: 'POST', headers, body, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
    await response.body.dump()
    return response.statusCode < 300 ? 'sent' : 'failed'
  } catch {
    return 'failed'
  }
}
