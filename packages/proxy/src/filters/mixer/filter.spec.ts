import { Server, ServerCredentials, status } from '@grpc/grpc-js'
import { type AttributeValue, GLOBAL_DICTIONARY, reportRecords } from '@meshwork/core/attributes'
import { silentLogger } from '@meshwork/core/log'
import { StatsRegistry } from '@meshwork/core/metrics'
import { systemClock, TimerWheel } from '@meshwork/core/time'
import { Attributes } from '@meshwork/protos/istio/mixer/v1/attributes'
import { type CheckRequest, CheckResponse } from '@meshwork/protos/istio/mixer/v1/check'
import { HttpClientConfig, ServiceConfig } from '@meshwork/protos/istio/mixer/v1/config/client/client_config'
import { type ReportRequest, ReportResponse } from '@meshwork/protos/istio/mixer/v1/report'
import { MixerService } from '@meshwork/protos/istio/mixer/v1/service'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { HeaderTable } from '../../http/header-table.ts'
import { MixerClients } from '../../mixer-client/index.ts'
import { CONTINUE, type FilterStream, type HttpFilter, PAUSE, REPLIED } from '../filter.ts'
import { mixerFilterCodec } from './codec.ts'

/** Mixer's end of the wire: a real gRPC server whose answers the test sets. */
class MixerPeer {
  readonly checks: CheckRequest[] = []
  readonly reports: ReportRequest[] = []
  answer: CheckResponse = CheckResponse.fromPartial({ precondition: { validUseCount: 1000 } })
  fails = false
  port = 0
  private readonly server = new Server()

  async start(): Promise<void> {
    this.server.addService(MixerService, {
      check: (call: { request: CheckRequest }, done: (error: object | null, answer?: CheckResponse) => void) => {
        this.checks.push(call.request)
        if (this.fails) done({ code: status.UNAVAILABLE, details: 'out of order' })
        else done(null, this.answer)
      },
      report: (call: { request: ReportRequest }, done: (error: null, answer: ReportResponse) => void) => {
        this.reports.push(call.request)
        done(null, ReportResponse.fromPartial({}))
      },
    })
    this.port = await new Promise((resolve, reject) => {
      this.server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      )
    })
  }

  stop(): void {
    this.server.forceShutdown()
  }
}

interface Reply {
  readonly status: number
  readonly body: string
}

/** A request held by hand instead of by a connection. */
class HeldStream implements FilterStream {
  readonly connection = {
    ...{ id: 1, remoteAddress: '127.0.0.1', remotePort: 1, localAddress: '127.0.0.1', localPort: 2, originalDestination: null },
    ...{
      isTls: false,
      requestedServerName: '',
      peer: null,
      localUriSan: '',
      tls: null,
      proxyTlvs: [],
      onwardMark: null,
      directRemoteAddress: '',
      directRemotePort: 0,
      filterChainName: '',
      closeDetails: '',
      transportFailure: '',
      peerValidated: true,
      alpn: '',
      metadata: {},
    },
  }
  readonly method = 'GET'
  path = '/'
  readonly authority = 'b'
  readonly scheme = 'http'
  readonly requestId = ''
  readonly remoteAddress = ''
  readonly requestHeaders = new HeaderTable()
  readonly responseHeaders = null
  readonly protocol = 'HTTP/1.1'
  readonly transportFailure = ''
  readonly remotePort = 0
  readonly localReplyBody = ''
  readonly healthCheck = false
  readonly clusterMetadata = (): null => null
  readonly upstreamLocalAddress = ''
  readonly upstreamConnection = null
  readonly span = null
  readonly requestDoneMs = 0
  readonly responseHeadMs = 0
  readonly attempts = 1
  readonly requestTrailers = null
  readonly responseTrailers = null
  status = 0
  flags = 0
  readonly details = ''
  readonly route = null
  readonly clusterName = ''
  readonly upstream = null
  readonly startTimeMs = 1000
  readonly requestBytes = 3
  readonly responseBytes = 0
  readonly requestTotalBytes = 3
  readonly responseTotalBytes = 0
  /** Resolves with the reply, or with null when the request goes on. */
  readonly outcome: Promise<Reply | null>
  private settle: (reply: Reply | null) => void = () => undefined
  private kept: unknown = null
  private readonly perRoute: unknown

  constructor(perRoute: unknown) {
    this.perRoute = perRoute
    this.outcome = new Promise(resolve => {
      this.settle = resolve
    })
  }

  durationMs(): number {
    return 5
  }

  settings(): unknown {
    return this.perRoute
  }

  state(): unknown {
    return this.kept
  }

  setState(_slot: number, value: unknown): void {
    this.kept = value
  }

  reply(code: number, body: string): void {
    this.status = code
    this.settle({ status: code, body })
  }

  allSettings(): readonly unknown[] {
    return []
  }

  dynamicMetadata(): null {
    return null
  }

  mergeDynamicMetadata(): void {}
  rematchRoute(): void {}
  resumeRequest(): void {}
  resumeResponse(): void {}
  replaceRequestData(): void {}
  replaceResponseData(): void {}
  injectRequestData(): void {}
  injectResponseData(): void {}
  limitRequestBuffer(): void {}

  resume(): void {
    this.status = 200
    this.settle(null)
  }
}

let peer: MixerPeer
let clients: MixerClients

beforeEach(async () => {
  peer = new MixerPeer()
  await peer.start()
  clients = new MixerClients({
    clock: systemClock,
    log: silentLogger,
    stats: new StatsRegistry(),
    addressOf: () => `127.0.0.1:${peer.port}`,
  })
})

afterEach(() => {
  clients.close()
  peer.stop()
})

const service = {
  mixerAttributes: { attributes: { 'destination.service.host': { value: { $case: 'stringValue' as const, value: 'b' } } } },
}

function filterOf(failOpen: boolean): HttpFilter {
  const config = HttpClientConfig.fromPartial({
    transport: { networkFailPolicy: { policy: failOpen ? 0 : 1 }, reportCluster: 'm', checkCluster: 'm', disableReportBatch: true },
    forwardAttributes: { attributes: { 'source.uid': { value: { $case: 'stringValue', value: 'kubernetes://a' } } } },
  })
  const decoded = mixerFilterCodec(clients).decode(HttpClientConfig.encode(config).finish())
  if (decoded.kind === 'err') throw new Error(JSON.stringify(decoded.error))
  const stats = new StatsRegistry().scope('http.in.', '', {})
  const listener = { name: 'l', direction: 'inbound' as const }
  const filter = decoded.value.compile({
    slot: 0,
    clock: systemClock,
    wheel: new TimerWheel(systemClock),
    random: () => 0,
    sideCall: () => ({ cancel: () => undefined }),
    clusterHealth: () => null,
    log: silentLogger,
    stats,
    listener,
    clusterMetadata: () => null,
    health: { failed: false },
  })
  if (filter === null) throw new Error('nothing to run')
  return filter
}

function streamOf(): HeldStream {
  const perRoute = mixerFilterCodec(clients).perRoute?.decode(ServiceConfig.encode(ServiceConfig.fromPartial(service)).finish())
  return new HeldStream(perRoute?.kind === 'ok' ? perRoute.value : null)
}

function lastRecord(): ReadonlyMap<string, AttributeValue | undefined> {
  const request = peer.reports.at(-1)
  const records = [...reportRecords(request?.attributes ?? [], request?.defaultWords ?? [], GLOBAL_DICTIONARY)]
  const record = records.at(-1)
  if (record?.kind !== 'ok') throw new Error('no record')
  return new Map([...record.value.names()].map(name => [name, record.value.get(name)]))
}

describe('mixer filter', () => {
  it('holds a request until Mixer allows it, and takes like ones from the cache', async () => {
    const filter = filterOf(false)
    const first = streamOf()
    expect(filter.onRequestHead?.(first, true)).toBe(PAUSE)
    expect(await first.outcome).toBeNull()
    expect(filter.onRequestHead?.(streamOf(), true)).toBe(CONTINUE)
    expect(peer.checks).toHaveLength(1)
  })

  it('refuses with the status and the words of Mixer, also from the cache', async () => {
    peer.answer = CheckResponse.fromPartial({ precondition: { status: { code: 7, message: 'h.ns:no' }, validUseCount: 10 } })
    const filter = filterOf(false)
    const first = streamOf()
    filter.onRequestHead?.(first, true)
    expect(await first.outcome).toEqual({ status: 403, body: 'PERMISSION_DENIED:h.ns:no' })
    const second = streamOf()
    expect(filter.onRequestHead?.(second, true)).toBe(REPLIED)
    expect(await second.outcome).toEqual({ status: 403, body: 'PERMISSION_DENIED:h.ns:no' })
  })

  it.each([
    [true, null],
    [false, { status: 503, body: 'UNAVAILABLE:out of order' }],
  ])('with fail open %s a failed call gives %j', async (failOpen, expected) => {
    peer.fails = true
    const stream = streamOf()
    filterOf(failOpen).onRequestHead?.(stream, true)
    const outcome = await stream.outcome
    expect(
      outcome === null ? null : { ...outcome, body: outcome.body.replace(/^UNAVAILABLE:.*out of order$/, 'UNAVAILABLE:out of order') },
    ).toEqual(expected)
  })

  it('reports a finished request, and shows nobody what proxies tell each other', async () => {
    const filter = filterOf(false)
    const stream = streamOf()
    stream.requestHeaders.append('x-istio-attributes', 'forged')
    filter.onRequestHead?.(stream, true)
    await stream.outcome
    const forwarded = Attributes.decode(Buffer.from(stream.requestHeaders.get('x-istio-attributes') ?? '', 'base64'))
    expect(Object.keys(forwarded.attributes)).toEqual(['source.uid'])
    filter.onComplete?.(stream)
    await expect.poll(() => peer.reports.length).toBe(1)
    const record = lastRecord()
    expect(record.get('destination.service.host')).toBe('b')
    expect(record.get('response.code')).toBe(200n)
    expect(record.get('request.size')).toBe(3n)
    expect(record.get('check.cache_hit')).toBe(false)
    expect(record.has('check.error_code')).toBe(false)
    expect(record.has('source.uid')).toBe(false)
  })

  it('reports, without a check, a request that was answered before it came here', async () => {
    const filter = filterOf(false)
    const stream = streamOf()
    stream.status = 503
    filter.onComplete?.(stream)
    await expect.poll(() => peer.reports.length).toBe(1)
    expect(peer.checks).toEqual([])
    expect(lastRecord().get('response.code')).toBe(503n)
    expect(lastRecord().has('check.cache_hit')).toBe(false)
  })
})
