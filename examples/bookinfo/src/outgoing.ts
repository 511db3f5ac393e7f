import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { PROPAGATED_HEADERS } from './propagated-headers.ts'

/** What another service of the sample answered. `body` is `undefined` where it was not JSON. */
export interface Answer {
  readonly status: number
  readonly text: string
  readonly body: unknown
}

const TIMEOUT_MS = 5000
const LONGEST_ANSWER = 1 << 20

/**
 * `proxyEnv` makes the agent send `http://` requests to `$http_proxy`, the sidecar, in absolute form (RFC 9112 3.2.2).
 * Without that variable the same program calls its peers directly.
 */
const agent = new Agent({ keepAlive: true, maxSockets: 32, proxyEnv: process.env })

/** GETs `url`, handing on the caller's trace context and user. Never rejects: a failed call is an answer with status 0. */
export function get(url: string, incoming: IncomingHttpHeaders): Promise<Answer> {
  return new Promise(resolve => {
    const failed = (error: Error): void => resolve({ status: 0, text: error.message, body: undefined })
    const call = request(url, { agent, headers: propagated(incoming), timeout: TIMEOUT_MS }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > LONGEST_ANSWER) response.destroy(new Error(`answer of ${url} is longer than ${LONGEST_ANSWER} characters`))
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, body: parseJson(text) }))
      response.on('error', failed)
    })
    call.on('timeout', () => call.destroy(new Error(`no answer from ${url} within ${TIMEOUT_MS} ms`)))
    call.on('error', failed)
    call.end()
  })
}

function propagated(incoming: IncomingHttpHeaders): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json' }
  for (const name of PROPAGATED_HEADERS) {
    const value = incoming[name]
    if (typeof value === 'string') headers[name] = value
  }
  return headers
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
