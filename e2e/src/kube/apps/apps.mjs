#!/usr/local/bin/node --disable-warning=ExperimentalWarning
// `apps bookinfo SERVICE`, `apps echo`, `apps probed` (an echo with ports for probes), `apps wait`,
// `apps call URL [TIMES] [PER_SECOND] [NAME:VALUE…]`; `demand` is a `call` that fails unless every answer is a 2xx, `begin` one that
// then waits. `apps connect HOST PORT TIMES [BASE64]` measures how long a server of a TCP protocol takes to say something, from before
// the connection; BASE64 is what a client says first. `apps streams` and `apps hold …`: see `e2e/src/apps`.
import { Agent, request } from 'node:http'
import { connect } from 'node:net'

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

/** One connection; `heard` is what came first, in base64. */
function sayHello(host, port, hello) {
  const begin = performance.now()
  return new Promise(resolve => {
    const socket = connect(port, host)
    const done = heard => {
      resolve({ ms: performance.now() - begin, ...heard })
      socket.destroy()
    }
    socket.setNoDelay()
    socket.setTimeout(LONGEST_WAIT_MS, () => done({ error: 'silence' }))
    socket.on('error', error => done({ error: error.message }))
    socket.on('close', () => done({ error: 'closed' }))
    socket.on('data', data => done({ heard: data.toString('base64') }))
    if (hello.length > 0) socket.write(hello)
  })
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
  case 'streams':
    await import('/opt/apps/e2e/stream-server.ts')
    break
  case 'hold':
    process.argv.splice(2, 1)
    await import('/opt/apps/e2e/hold-streams.ts')
    break
  case 'connect': {
    const [host, port, times, hello = ''] = args
    for (let turn = 0; turn < Number(times); turn++)
      process.stdout.write(`${JSON.stringify(await sayHello(host, Number(port), Buffer.from(hello, 'base64')))}\n`)
    break
  }
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
