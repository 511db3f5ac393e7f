import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { Node } from '@meshwork/protos/envoy/config/core/v3/base'
import { atPath, eachField, frame, JoinedChunks, lengthField, ReadBefore } from './fleet-wire.ts'

const TYPES = {
  cds: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  eds: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  lds: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  rds: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
} as const
export type ShortType = keyof typeof TYPES
export const SHORT_TYPES: readonly ShortType[] = ['cds', 'eds', 'lds', 'rds']
const SHORT: ReadonlyMap<string, ShortType> = new Map(SHORT_TYPES.map(type => [TYPES[type], type]))

export interface FleetNode {
  readonly id: string
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface FleetTls {
  readonly key: string
  readonly cert: string
  readonly ca: string
}

/** Listener: filter_chains.filters.typed_config.value, and the same of default_filter_chain; then rds.route_config_name. */
const ROUTE_NAMES: readonly (readonly number[])[] = [
  [3, 3, 4, 2, 3, 2],
  [25, 3, 4, 2, 3, 2],
]
const EDS = 3

/** By variant: a resource is framed differently in each. */
const clustersRead = { sotw: new ReadBefore<string>(), delta: new ReadBefore<string>() }
const joined = new JoinedChunks()
/** Names as they stand in a request, as all clients ask for the same. */
const nameFields = new Map<string, Buffer>()

function nameField(name: string): Buffer {
  let field = nameFields.get(name)
  if (field === undefined) {
    field = lengthField(3, name)
    nameFields.set(name, field)
  }
  return field
}

/** One simulated proxy: a TLS connection with one aggregated stream that subscribes as Envoy does, and acknowledges. */
export class FleetClient {
  /** When each type was last acknowledged, in nanoseconds of the monotonic clock; 0n: not since the mark. */
  readonly ackedAt: Record<ShortType, bigint> = { cds: 0n, eds: 0n, lds: 0n, rds: 0n }
  responses = 0
  bytes = 0
  /** Whether it has acknowledged all types once. */
  complete: bigint | null = null
  failure: string | null = null
  private readonly variant: 'sotw' | 'delta'
  private readonly node: Buffer
  private readonly session: ClientHttp2Session
  private readonly stream: ClientHttp2Stream
  private readonly names = new Map<ShortType, Buffer>()
  private readonly subscribed = new Map<ShortType, Set<string>>()
  private readonly first = new Set<ShortType>()
  private chunks: Buffer[] = []
  private buffered = 0

  constructor(address: string, variant: 'sotw' | 'delta', node: FleetNode, tls: FleetTls | null) {
    this.variant = variant
    this.node = Buffer.from(Node.encode(Node.fromPartial({ id: node.id, cluster: 'bench', metadata: { ...node.metadata } })).finish())
    const settings = { initialWindowSize: 1 << 20 }
    this.session = connect(`${tls === null ? 'http' : 'https'}://${address}`, {
      settings,
      ...tls,
      checkServerIdentity: () => undefined,
    })
    this.session.on('connect', () => this.session.setLocalWindowSize(1 << 20))
    this.session.on('error', error => this.fail(error.message))
    const method = variant === 'sotw' ? 'StreamAggregatedResources' : 'DeltaAggregatedResources'
    this.stream = this.session.request({
      ':method': 'POST',
      ':path': `/envoy.service.discovery.v3.AggregatedDiscoveryService/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    this.stream.on('data', (chunk: Buffer) => this.read(chunk))
    this.stream.on('error', error => this.fail(error.message))
    this.stream.on('trailers', trailers => this.fail(`the server ended the stream: ${String(trailers['grpc-message'])}`))
    this.request('cds', lengthField(variant === 'sotw' ? 2 : 1, this.node))
    this.request('lds')
  }

  mark(): void {
    for (const type of SHORT_TYPES) this.ackedAt[type] = 0n
    this.responses = 0
    this.bytes = 0
  }

  close(): void {
    this.failure ??= 'closed'
    this.session.destroy()
  }

  private fail(message: string): void {
    this.failure ??= message
  }

  private read(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.buffered += chunk.length
    const first = this.chunks[0]
    if (first === undefined || this.buffered < 5) return
    if (first.length < 5) this.chunks = [Buffer.concat(this.chunks)]
    const needed = 5 + (this.chunks[0]?.readUInt32BE(1) ?? 0)
    if (this.buffered < needed) return
    const { chunks } = this
    this.chunks = []
    this.buffered = 0
    const rest = joined.message(chunks, needed, message => this.received(message.subarray(5)))
    if (rest !== null) this.read(rest)
  }

  private received(message: Buffer): void {
    this.responses++
    this.bytes += message.length
    let [typeUrl, nonce, version] = ['', '', '']
    const resources: (readonly [number, number])[] = []
    eachField(message, 0, message.length, (field, from, to) => {
      if (field === 2) resources.push([from, to])
      else if (field === 1) version = message.toString('latin1', from, to)
      else if (field === 4) typeUrl = message.toString('latin1', from, to)
      else if (field === 5) nonce = message.toString('latin1', from, to)
    })
    const type = SHORT.get(typeUrl)
    if (type === undefined) return
    this.answer(type, nonce, version)
    this.ackedAt[type] = process.hrtime.bigint()
    this.first.add(type)
    if (type === 'cds') this.wantEndpoints(message, resources)
    if (type === 'lds') this.wantRoutes(message, resources)
    if (this.complete === null && this.first.size === SHORT_TYPES.length) this.complete = process.hrtime.bigint()
  }

  private answer(type: ShortType, nonce: string, version: string): void {
    if (this.variant === 'delta') this.stream.write(frame(lengthField(2, TYPES[type]), lengthField(6, nonce)))
    else {
      const names = this.names.get(type) ?? Buffer.alloc(0)
      this.stream.write(frame(lengthField(1, version), names, lengthField(4, TYPES[type]), lengthField(5, nonce)))
    }
  }

  private request(type: ShortType, ...more: readonly Buffer[]): void {
    this.stream.write(frame(...more, lengthField(this.variant === 'sotw' ? 4 : 2, TYPES[type])))
  }

  private wantEndpoints(message: Buffer, resources: readonly (readonly [number, number])[]): void {
    const names = clustersRead[this.variant].each(message, resources, (from, to) =>
      this.bodies(message, [[from, to]])
        .map(([start, end]) => clusterForEds(message, start, end))
        .join(''),
    )
    this.want(
      'eds',
      names.filter(name => name !== ''),
    )
  }

  private wantRoutes(message: Buffer, resources: readonly (readonly [number, number])[]): void {
    const names = this.bodies(message, resources).flatMap(([from, to]) =>
      ROUTE_NAMES.flatMap(path => atPath(message, from, to, path).map(([a, b]) => message.toString('latin1', a, b))),
    )
    this.want('rds', [...new Set(names)])
  }

  /** Where the resources themselves are: the value of the `Any`, in delta inside of a `Resource`. */
  private bodies(message: Buffer, resources: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
    const path = this.variant === 'sotw' ? [2] : [2, 2]
    return resources.flatMap(([from, to]) => atPath(message, from, to, path))
  }

  private want(type: 'eds' | 'rds', names: readonly string[]): void {
    const known = this.subscribed.get(type) ?? new Set<string>()
    const fresh = names.filter(name => !known.has(name))
    if (fresh.length === 0 && this.subscribed.has(type)) return
    for (const name of fresh) known.add(name)
    this.subscribed.set(type, known)
    const fields = Buffer.concat(fresh.map(nameField))
    if (this.variant === 'sotw') this.names.set(type, Buffer.concat([this.names.get(type) ?? Buffer.alloc(0), fields]))
    const all = this.names.get(type) ?? fields
    this.request(type, all)
  }
}

/**
 * Cluster: name 1, type 2 (a number, so not a field with a length), eds_cluster_config 3 with service_name 2. '' for a cluster that
 * needs no endpoints.
 */
function clusterForEds(message: Buffer, from: number, to: number): string {
  let name = ''
  let eds = false
  let serviceName = ''
  eachField(message, from, to, (field, a, b) => {
    if (field === 1) name = message.toString('latin1', a, b)
    if (field === EDS) {
      eds = true
      eachField(message, a, b, (inner, x, y) => {
        if (inner === 2) serviceName = message.toString('latin1', x, y)
      })
    }
  })
  return eds ? serviceName || name : ''
}
