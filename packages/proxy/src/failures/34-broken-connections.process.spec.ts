import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { admin, bootstrap, cluster, httpFilter, type Json, listener, ProxyAdmin, StaticProxy, tcpFilter } from '@meshwork/testkit/bootstrap'
import { figures, Relay, type RelayFault, type RelayPlan } from '@meshwork/testkit/faults'
import { freePorts } from '@meshwork/testkit/net'
import { describe, expect, it } from 'vitest'

/** Time the proxy has for a request, by its configuration. */
const LIMIT = '0.5s'
/** Beyond this, an exchange that the proxy could have ended hangs. */
const HUNG_MS = 4_000
const LANES = 24
const BODY = '0123456789'

interface Outcome {
  /** `whole`: the right answer came. `ended`: another answer or the end of the connection. `open`: neither. */
  readonly kind: 'whole' | 'ended' | 'open'
  /** A 200 whose body is not the right one, told as complete. */
  readonly wrong: boolean
}

interface Protocol {
  readonly name: string
  readonly backend: () => Server
  readonly filter: (stat: string) => Json
  readonly cluster: Json
  /** One exchange on a connection of its own. */
  readonly exchange: (port: number) => Promise<Outcome>
  /** Bytes of one exchange, by direction: where connections are cut. */
  readonly bytes: number
}

const manager = { request_headers_timeout: LIMIT, stream_idle_timeout: LIMIT, common_http_protocol_options: { idle_timeout: '1s' } }

/** A silent connection that many requests share must be noticed by somebody: pings. */
const http2WithPings = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: { connection_keepalive: { interval: '0.3s', timeout: '0.2s' } } },
    },
  },
}

const PROTOCOLS: readonly Protocol[] = [
  {
    name: 'HTTP/1.1',
    backend: () =>
      createHttpServer((request, response) => {
        let body = ''
        request.on('data', (part: Buffer) => (body += part.toString()))
        request.once('end', () => response.end(body))
      }),
    filter: stat => httpFilter(stat, 'HTTP1', { timeout: LIMIT }, manager),
    cluster: {
      typed_extension_protocol_options: {
        'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
          '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
          common_http_protocol_options: { max_requests_per_connection: 1 },
          explicit_http_config: { http_protocol_options: {} },
        },
      },
    },
    exchange: port =>
      raw(port, `POST /x HTTP/1.1\r\nhost: service\r\ncontent-length: ${BODY.length}\r\nconnection: close\r\n\r\n${BODY}`, text => {
        const [head = '', body] = text.split('\r\n\r\n')
        if (body === undefined) return 'part'
        if (!head.startsWith('HTTP/1.1 200')) return 'other'
        const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? Number.NaN)
        if (body.length < length) return 'part'
        return body === BODY ? 'right' : 'wrong'
      }),
    bytes: 180,
  },
  {
    name: 'HTTP/2',
    backend: () => createHttp2Server((request, response) => request.pipe(response)),
    filter: stat => httpFilter(stat, 'HTTP2', { timeout: LIMIT }, manager),
    cluster: http2WithPings,
    exchange: overHttp2,
    bytes: 240,
  },
  {
    name: 'TCP',
    backend: () => createServer({ allowHalfOpen: true }, socket => void socket.on('error', () => undefined).pipe(socket)),
    filter: stat => tcpFilter(stat, { idle_timeout: LIMIT }),
    cluster: {},
    exchange: port => raw(port, BODY, text => (text === BODY ? 'right' : BODY.startsWith(text) ? 'part' : 'wrong')),
    bytes: BODY.length,
  },
]

/** Writes `request` and waits until `judge` knows the answer, the connection ends, or it took too long. */
function raw(port: number, request: string, judge: (text: string) => 'right' | 'wrong' | 'part' | 'other'): Promise<Outcome> {
  return new Promise(resolve => {
    let text = ''
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const finish = (kind: Outcome['kind'], wrong: boolean): void => {
      clearTimeout(late)
      socket.destroy()
      resolve({ kind, wrong })
    }
    const late = setTimeout(() => finish('open', false), HUNG_MS)
    socket.on('error', () => undefined)
    socket.once('close', () => finish('ended', judge(text) === 'wrong'))
    socket.once('end', () => finish(judge(text) === 'right' ? 'whole' : 'ended', judge(text) === 'wrong'))
    socket.on('data', (part: Buffer) => {
      text += part.toString('latin1')
      const verdict = judge(text)
      if (verdict === 'right') finish('whole', false)
      if (verdict === 'wrong') finish('ended', true)
      if (verdict === 'other') finish('ended', false)
    })
    socket.write(request)
  })
}

function overHttp2(port: number): Promise<Outcome> {
  return new Promise(resolve => {
    let text = ''
    let status = 0
    const session = connectHttp2(`http://127.0.0.1:${port}`)
    const finish = (kind: Outcome['kind'], wrong: boolean): void => {
      clearTimeout(late)
      session.destroy()
      resolve({ kind, wrong })
    }
    const late = setTimeout(() => finish('open', false), HUNG_MS)
    session.on('error', () => undefined)
    session.once('close', () => finish('ended', false))
    const stream = session.request({ ':method': 'POST', ':path': '/x', ':authority': 'service' })
    stream.on('error', () => undefined)
    stream.once('close', () => finish('ended', false))
    stream.once('response', headers => (status = headers[':status'] ?? 0))
    stream.on('data', (part: Buffer) => (text += part.toString()))
    stream.once('end', () => finish(status === 200 && text === BODY ? 'whole' : 'ended', status === 200 && !BODY.startsWith(text)))
    stream.end(BODY)
  })
}

interface Case {
  readonly side: 'client' | 'upstream'
  readonly plan: RelayPlan
  readonly text: string
  /** The proxy sees nothing of this fault, so that nobody but the client can end it. */
  readonly unseen: boolean
}

function casesOf(bytes: number): readonly Case[] {
  const offsets = [...new Set([0, 9, 40, 70, 110, 150, 200, bytes].filter(offset => offset <= bytes))]
  const kinds: readonly RelayFault['kind'][] = ['reset', 'end', 'half-close', 'silence']
  return (['client', 'upstream'] as const).flatMap(side =>
    (['toServer', 'toClient'] as const).flatMap(direction =>
      kinds.flatMap(kind =>
        offsets.map(afterBytes => ({
          side,
          plan: { [direction]: { kind, afterBytes } },
          text: `${side} ${direction} ${kind} after ${afterBytes}`,
          unseen: side === 'client' && direction === 'toClient' && (kind === 'silence' || kind === 'half-close'),
        })),
      ),
    ),
  )
}

class Rig implements AsyncDisposable {
  readonly protocol: Protocol
  readonly admin: ProxyAdmin
  private readonly clients: Relay
  private readonly upstreams: Relay
  private readonly backend: Server
  private readonly proxy: StaticProxy

  private constructor(protocol: Protocol, parts: readonly [Relay, Relay], backend: Server, proxy: StaticProxy, adminOf: ProxyAdmin) {
    this.protocol = protocol
    this.admin = adminOf
    this.clients = parts[0]
    this.upstreams = parts[1]
    this.backend = backend
    this.proxy = proxy
  }

  static async start(protocol: Protocol): Promise<Rig> {
    const backend = protocol.backend()
    backend.listen(0, '127.0.0.1')
    await once(backend, 'listening')
    const { port } = backend.address() as AddressInfo
    const upstreams = await Relay.listen(port)
    const [entry = 0, adminPort = 0] = await freePorts(2)
    const config = bootstrap(
      [listener(entry, protocol.filter('broken'))],
      [cluster('broken', upstreams.port, protocol.cluster)],
      admin(adminPort),
    )
    const proxy = await StaticProxy.start('proxy', config)
    const clients = await Relay.listen(entry)
    return new Rig(protocol, [clients, upstreams], backend, proxy, new ProxyAdmin(adminPort, proxy.child.pid ?? 0))
  }

  /** All exchanges of these cases, of which only one side has faults, some at a time. Which connection meets which fault does not matter. */
  async run(side: Case['side'], cases: readonly Case[]): Promise<readonly (readonly [Case, Outcome])[]> {
    const plans = cases.map(({ plan }) => plan)
    const faulty = side === 'client' ? this.clients : this.upstreams
    const first = faulty.connections
    faulty.plan = index => plans[index - first] ?? {}
    const results: (readonly [Case, Outcome])[] = []
    const waiting = [...cases]
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        // Connections of HTTP/2 are shared: the faulty one must be new.
        if (side === 'upstream') this.upstreams.cut()
        results.push([next, await this.protocol.exchange(this.clients.port)])
      }
    }
    const lanes = side === 'upstream' && this.protocol.name === 'HTTP/2' ? 1 : LANES
    await Promise.all(Array.from({ length: lanes }, lane))
    faulty.plan = () => ({})
    return results
  }

  exchange(): Promise<Outcome> {
    return this.protocol.exchange(this.clients.port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]()
    await this.clients[Symbol.asyncDispose]()
    await this.upstreams[Symbol.asyncDispose]()
    this.backend.close()
  }
}

const GAUGES = ['cluster.broken.upstream_cx_active', 'cluster.broken.upstream_rq_active', 'cluster.broken.upstream_rq_pending_active']

describe.each(PROTOCOLS)('$name', protocol => {
  it(`[failure-34] ${protocol.name}: whatever side resets, ends, half-closes or falls silent at whatever byte, nothing hangs and nothing stays`, async () => {
    await using rig = await Rig.start(protocol)
    expect((await rig.exchange()).kind).toBe('whole')
    const cases = casesOf(protocol.bytes)
    const results = [
      ...(await rig.run(
        'client',
        cases.filter(({ side }) => side === 'client'),
      )),
      ...(await rig.run(
        'upstream',
        cases.filter(({ side }) => side === 'upstream'),
      )),
    ]
    const hung = results.filter(([each, { kind }]) => kind === 'open' && !each.unseen).map(([{ text }]) => text)
    const wrong = results.filter(([, outcome]) => outcome.wrong).map(([{ text }]) => text)
    const whole = results.filter(([, { kind }]) => kind === 'whole').length
    // What idles ends within its limits.
    await sleep(700)
    let left: readonly number[] = []
    for (let tries = 0; tries < 60; tries++) {
      left = await Promise.all(GAUGES.map(name => rig.admin.stat(name)))
      if (left.every(value => value === 0 || Number.isNaN(value))) break
      await sleep(100)
    }
    const after = await Promise.all(Array.from({ length: 20 }, () => rig.exchange()))
    figures(`failure-34 ${protocol.name}`, { cases: results.length, whole, hung: hung.length, wrong: wrong.length })
    expect(hung).toEqual([])
    expect(wrong).toEqual([])
    expect(Object.fromEntries(GAUGES.map((name, index) => [name, left[index]]))).toMatchObject({ 'cluster.broken.upstream_rq_active': 0 })
    expect(after.filter(({ kind }) => kind !== 'whole')).toEqual([])
  })
})
