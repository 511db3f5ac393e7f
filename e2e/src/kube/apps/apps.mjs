#!/usr/local/bin/node --disable-warning=ExperimentalWarning
// `apps bookinfo SERVICE`, `apps echo`, `apps probed` (an echo with ports for probes), `apps wait`,
// `apps call URL [TIMES] [PER_SECOND] [NAME:VALUE…]`; `demand` is a `call` that fails unless every answer is a 2xx, `begin` one that
// then waits.
import { Agent, request } from 'node:http'

// Longer than a proxy tries to connect, so that what it then tries again counts.
const LONGEST_WAIT_MS = 30_000
const [program, ...args] = process.argv.slice(2)
process.env.HOST ??= '0.0.0.0'
process.env.PORT ??= program === 'bookinfo' ? '9080' : '8080'

/** One GET. A failure of the connection is an answer with status 0, so that load is counted whole. */
function get(url, headers, agent) {
  const begin = performance.now()
  return new Promise(resolve => {
    const done = (status, answer) => resolve({ status, ms: Math.round(performance.now() - begin), ...answer })
    const failed = error => done(0, { body: `${error.code ?? ''} ${error.message}` })
    const call = request(url, { agent, headers, timeout: LONGEST_WAIT_MS }, response => {
      const chunks = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('end', () => done(response.statusCode, { headers: response.headers, body: Buffer.concat(chunks).toString() }))
      response.on('error', failed)
    })
    call.on('timeout', () => call.destroy(new Error(`no answer within ${LONGEST_WAIT_MS} ms`)))
    call.on('error', failed)
    call.end()
  })
}

/** At a steady rate, whatever the answers take; without a rate by four callers in turns. Prints a line of JSON for each answer. */
async function callMany(url, times, perSecond, headers) {
  const agent = new Agent({ keepAlive: true })
  const begin = performance.now()
  const statuses = []
  const call = async () => {
    const answer = await get(url, headers, agent)
    process.stdout.write(`${JSON.stringify(answer)}\n`)
    statuses.push(answer.status)
  }
  const timed = async index => {
    const wait = (index * 1000) / perSecond - (performance.now() - begin)
    if (wait > 0) await new Promise(resolve => setTimeout(resolve, wait))
    await call()
  }
  let left = times
  const inTurns = async () => {
    while (left-- > 0) await call()
  }
  await Promise.all(perSecond > 0 ? Array.from({ length: times }, (_, index) => timed(index)) : [1, 2, 3, 4].map(inTurns))
  agent.destroy()
  return statuses.every(status => status > 199 && status < 300)
}

/** For the end. */
function wait() {
  process.once('SIGTERM', () => process.exit(0))
  setInterval(() => undefined, 60_000)
}

switch (program) {
  case 'bookinfo':
    await import(`/opt/apps/bookinfo/${args[0]}.ts`)
    break
  case 'echo':
    await import('/opt/apps/e2e/echo.ts')
    break
  case 'probed':
    await import('/opt/apps/e2e/health-ports.ts')
    await import('/opt/apps/e2e/echo.ts')
    break
  case 'begin':
  case 'demand':
  case 'call': {
    const [url, times = '1', perSecond = '0', ...headers] = args
    const good = await callMany(url, Number(times), Number(perSecond), Object.fromEntries(headers.map(text => text.split(/:(.*)/s, 2))))
    process.exitCode = good || program === 'call' ? 0 : 1
    if (good && program === 'begin') wait()
    break
  }
  case 'wait':
    wait()
    break
  default:
    process.stderr.write(`apps: there is no program '${program}'\n`)
    process.exitCode = 2
}
