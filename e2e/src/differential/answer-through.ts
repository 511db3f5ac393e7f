import { request } from 'node:http'

import type { DoubtfulResponse } from './doubtful-responses.ts'
import type { Backend, Reader } from './readers.ts'

/** Statuses of proxies for answers that they do not read; no doubtful answer has one. */
const REFUSED = 500

/**
 * What a client gets of the `index`th answer: status and body, or `nothing` when it was refused, cut or not complete in time. `poisoned`
 * stands behind it when the next request gets another answer than its own.
 */
export async function answerThrough(
  reader: Reader<Backend>,
  { method = 'GET' }: DoubtfulResponse,
  index: number,
  limitMs: number,
): Promise<string> {
  const answer = await ask(reader.port, `/case${index}`, method, limitMs)
  const path = `/after${index}`
  const canary = await ask(reader.port, path, 'GET', limitMs)
  return canary === `200 "canary ${path}"` ? answer : `${answer} poisoned`
}

function ask(port: number, path: string, method: string, limitMs: number): Promise<string> {
  return new Promise(resolve => {
    const outgoing = request({ port, host: '127.0.0.1', path, method, agent: false }, response => {
      let body = ''
      response.on('data', (part: Buffer) => (body += part.toString('latin1')))
      response.once('error', () => resolve('nothing'))
      response.once('end', () => {
        const { statusCode = 0 } = response
        resolve(statusCode >= REFUSED || !response.complete ? 'nothing' : `${statusCode} ${JSON.stringify(body)}`)
      })
    })
    outgoing.setTimeout(limitMs, () => outgoing.destroy())
    outgoing.on('upgrade', (_response, socket) => {
      socket.destroy()
      resolve('101')
    })
    outgoing.once('error', () => resolve('nothing'))
    outgoing.once('close', () => resolve('nothing'))
    outgoing.end()
  })
}
