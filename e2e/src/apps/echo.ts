// The application of the scenarios: answers with what it received, and does what `x-echo` asks for. Knows nothing of a mesh.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

const name = process.env['ECHO_NAME'] ?? 'echo'
const calls = new Map<string, number>()

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  const step = nextStep(request)
  const [what = '200', wait = '0'] = step.split('@')
  await delay(Number(wait))
  if (what === 'reset') {
    request.socket.destroy()
    return
  }
  const body = { name, method: request.method, path: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() }
  response.writeHead(Number(what), { 'content-type': 'application/json', 'x-echo-name': name })
  response.end(JSON.stringify(body))
}

/** `x-echo: 503` always; `x-echo-plan: 503,503,200` with `x-echo-key` one step for each call with that key. */
function nextStep(request: IncomingMessage): string {
  const plan = request.headers['x-echo-plan']
  if (typeof plan !== 'string') return String(request.headers['x-echo'] ?? '200')
  const key = String(request.headers['x-echo-key'] ?? '')
  const index = calls.get(key) ?? 0
  calls.set(key, index + 1)
  const steps = plan.split(',')
  return steps[Math.min(index, steps.length - 1)] ?? '200'
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy())
})
server.keepAliveTimeout = 60_000
server.listen(Number(process.env['PORT']), '127.0.0.1')
process.once('SIGTERM', () => process.exit(0))
