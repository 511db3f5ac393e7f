import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { callerOf, type Hop } from './hop.ts'

export interface Incoming {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** This service, as the first hop of what it answers. */
  readonly hop: Hop
}

export type Reply =
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'html'; readonly body: string }

export function json(body: unknown, status = 200): Reply {
  return { kind: 'json', status, body }
}

export function notFound(path: string): Reply {
  return json({ error: `nothing here: ${path}` }, 404)
}

/** Sidecars keep idle connections to us for long; closing first would race with their next request. */
const KEEP_ALIVE_MS = 3_600_000

/**
 * Serves `service` on `127.0.0.1:$PORT` (`$HOST` overrides the address) until SIGTERM, then lets running requests end.
 * `$VERSION` is the version that every answer names, in its `hops` and in the header `x-bookinfo`.
 */
export function serve(service: string, answer: (incoming: Incoming) => Promise<Reply> | Reply): void {
  const version = process.env['VERSION'] ?? 'v1'
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://self').pathname
    const hop = { service, version, caller: callerOf(request.headers) }
    response.setHeader('x-bookinfo', `${service}/${version}`)
    request.resume()
    Promise.resolve(path === '/healthz' ? json({ ok: true }) : answer({ path, headers: request.headers, hop })).then(
      reply => write(response, reply),
      (error: unknown) => write(response, json({ error: String(error) }, 500)),
    )
  })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  server.listen(Number(process.env['PORT'] ?? '9080'), process.env['HOST'] ?? '127.0.0.1')
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      server.close(() => process.exit(0))
      server.closeIdleConnections()
    })
  }
}

function write(response: ServerResponse, reply: Reply): void {
  const [status, type, text] =
    reply.kind === 'json'
      ? [reply.status, 'application/json', `${JSON.stringify(reply.body)}\n`]
      : [200, 'text/html; charset=utf-8', reply.body]
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}
