import { request } from 'node:http'

import { MeshError } from '@meshwork/core/result'
import { sleep, systemClock } from '@meshwork/core/time'

import type { Child } from '../../../process/index.ts'

const POLL_MS = 50

/** Waits until `GET /ready` on a unix socket answers 200. Rejects when the process ends first or the limit passes. */
export async function whenAdminReady(socketPath: string, child: Child, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!(await isReady(socketPath))) {
    if (!child.running()) throw new MeshError('ENDED_EARLY', `${child.name} ended: ${child.log.tail(8)}`)
    if (performance.now() > deadline)
      throw new MeshError('NOT_READY', `${child.name} is not ready after ${limitMs} ms: ${child.log.tail(8)}`)
    await sleep(systemClock, POLL_MS)
  }
}

function isReady(socketPath: string): Promise<boolean> {
  return new Promise(resolve => {
    const call = request({ socketPath, path: '/ready', timeout: 1000 }, response => {
      response.resume()
      response.once('end', () => resolve(response.statusCode === 200))
    })
    call.once('error', () => resolve(false))
    call.once('timeout', () => call.destroy())
    call.end()
  })
}
