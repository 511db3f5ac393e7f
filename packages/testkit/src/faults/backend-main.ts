// A backend as a process of its own, which can be killed or frozen: answers `NAME PATH` and reports each request over IPC.
import { createServer } from 'node:http'

import type { BackendOptions, BackendReport } from './backend-messages.ts'

const { name, host = '127.0.0.1', port = 0, delayMs = 0, failEvery = Number.POSITIVE_INFINITY } = optionsOf(process.argv[2] ?? '{}')

function optionsOf(text: string): BackendOptions {
  return JSON.parse(text)
}

function report(message: BackendReport): void {
  process.send?.(message)
}

/** `?wait=MS` asks for a later answer than others get. */
function waitOf(url: string): number {
  return Number(/[?&]wait=(\d+)/.exec(url)?.[1] ?? delayMs)
}

let count = 0

const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
  const path = request.url ?? ''
  report({ kind: 'request', method: request.method ?? '', path, atMs: performance.timeOrigin + performance.now() })
  if (++count % failEvery === 0) response.statusCode = 503
  const answer = (): void => void response.end(`${name} ${path}`)
  const wait = waitOf(path)
  request.resume()
  request.once('end', () => (wait === 0 ? answer() : setTimeout(answer, wait)))
})
server.listen(port, host, () => {
  const address = server.address()
  report({ kind: 'ready', port: typeof address === 'object' && address !== null ? address.port : port })
})
// Whoever started it is gone.
process.once('disconnect', () => process.exit(0))
