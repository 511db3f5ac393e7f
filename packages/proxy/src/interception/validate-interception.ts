import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

import { MeshError } from '@meshwork/core/result'
import { type Clock, sleep } from '@meshwork/core/time'

import { families } from './apply-interception.ts'
import { type Family, PROBE_PORTS } from './interception.ts'

const LOOPBACK: Readonly<Record<Family, string>> = { ipv4: '127.0.0.1', ipv6: '::1' }
const PAUSE_MS = 100
/** A node agent that starts with its node needs some seconds; after this long the container ends and is started anew. */
const LIMIT_MS = 60_000
const ANSWER_LIMIT_MS = 1_000

/**
 * Resolves once this network namespace redirects, for every address family that it has. Needs no rights: it connects to a port of
 * the loopback and sees where that arrives. Rejects with NOT_REDIRECTED, so that no application starts that would go around its proxy.
 */
export async function validateInterception(clock: Clock, limitMs: number = LIMIT_MS): Promise<void> {
  const end = clock.monotonicMs() + limitMs
  for (const family of families()) {
    // Who answers must be this very probe: another program may listen on the port that is asked.
    const token = randomBytes(16).toString('hex')
    const server = createServer(socket => socket.on('error', () => socket.destroy()).end(token))
    server.listen(PROBE_PORTS.arrives, LOOPBACK[family])
    await once(server, 'listening')
    try {
      while ((await answerOf(LOOPBACK[family])) !== token) {
        if (clock.monotonicMs() >= end) throw notRedirected(family)
        await sleep(clock, PAUSE_MS)
      }
    } finally {
      server.close()
    }
  }
}

function notRedirected(family: Family): MeshError {
  return new MeshError('NOT_REDIRECTED', `connections of this pod (${family}) are not redirected to its proxy`, {
    nextStep: 'look at the node agent of this node: kubectl -n istio-system logs -l k8s-app=istio-cni-node',
  })
}

function answerOf(address: string): Promise<string> {
  return new Promise(resolve => {
    let text = ''
    const socket = connect(PROBE_PORTS.asked, address)
    socket.setTimeout(ANSWER_LIMIT_MS, () => socket.destroy())
    socket.on('data', chunk => (text += chunk.toString()))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(text))
  })
}
