import {
  type ChannelCredentials,
  type ChannelOptions,
  type Client,
  type ClientDuplexStream,
  connectivityState,
  credentials,
} from '@grpc/grpc-js'
import { systemClock } from '@meshwork/core/time'
import { AggregatedDiscoveryServiceClient } from '@meshwork/protos/envoy/service/discovery/v3/ads'
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
} from '@meshwork/protos/envoy/service/discovery/v3/discovery'
import { ClusterDiscoveryServiceClient } from '@meshwork/protos/envoy/service/cluster/v3/cds'
import { EndpointDiscoveryServiceClient } from '@meshwork/protos/envoy/service/endpoint/v3/eds'
import { ListenerDiscoveryServiceClient } from '@meshwork/protos/envoy/service/listener/v3/lds'
import { RouteDiscoveryServiceClient } from '@meshwork/protos/envoy/service/route/v3/rds'
import { SecretDiscoveryServiceClient } from '@meshwork/protos/envoy/service/secret/v3/sds'
import type { ClientTransport, ClientTransportEvents, OpenTransport } from '../client/transport.ts'
import type { XdsRequest, XdsResponse } from '../types/messages.ts'
import { deltaRequestToProto, deltaResponseFromProto, sotwRequestToProto, sotwResponseFromProto } from './codec.ts'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE, SECRET_TYPE } from '../types/type-urls.ts'
import { grpcTarget } from './address.ts'
import { type Clients, type ConnectLimit, RenewedClient, SharedClient } from './stream-clients.ts'
import { StreamPerType } from './stream-per-type.ts'

export interface ConnectOptions extends ConnectLimit {
  /** Default: plain text. */
  readonly credentials?: ChannelCredentials
  /** What the server is asked for by name (SNI). Default: the host of its address. */
  readonly serverName?: string
}

export interface AdsConnection {
  readonly open: OpenTransport
  /** Closes what its streams shared. Close the client first. */
  close(): void
}

/** A whole mesh may come in one response. */
const MAX_MESSAGE_BYTES = 256 * 1024 * 1024
/** A control plane that stands still is noticed in 14 seconds at most: an idle one answers pings. */
const KEEPALIVE_MS = 10_000
const KEEPALIVE_TIMEOUT_MS = 4_000

const CHANNEL = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  // Workloads of a mesh may have `http_proxy` set to their own sidecar.
  'grpc.enable_http_proxy': 0,
  // A server that vanished without a word would otherwise be noticed by nobody: this stream has long silences.
  'grpc.keepalive_time_ms': KEEPALIVE_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  // The client above retries by its own clock; the channel must not add a second, longer wait.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 100,
}

/** A channel to `host:port` or `unix:/path`. Nothing is connected until the first stream opens. */
export function connectAds(address: string, options: ConnectOptions = {}): AdsConnection {
  const [target, trust, channel] = [grpcTarget(address), credentialsOf(options), ownConnection(options)]
  const clients = new RenewedClient(() => new AggregatedDiscoveryServiceClient(target, trust, channel), options)
  return {
    open: opener(
      clients,
      client => client.streamAggregatedResources(),
      client => client.deltaAggregatedResources(),
    ),
    close: () => clients.close(),
  }
}

/** The same with a stream for each type, to servers that do not aggregate them. One that is lost ends all: they begin again together. */
export function connectServices(address: string, options: ConnectOptions = {}): AdsConnection {
  const arguments_ = [grpcTarget(address), credentialsOf(options), channelOf(options)] as const
  const [cds, eds] = [new ClusterDiscoveryServiceClient(...arguments_), new EndpointDiscoveryServiceClient(...arguments_)]
  const [lds, rds] = [new ListenerDiscoveryServiceClient(...arguments_), new RouteDiscoveryServiceClient(...arguments_)]
  const sds = new SecretDiscoveryServiceClient(...arguments_)
  const openers = new Map([
    [
      CLUSTER_TYPE,
      opener(
        new SharedClient(cds, options),
        client => client.streamClusters(),
        client => client.deltaClusters(),
      ),
    ],
    [
      ENDPOINT_TYPE,
      opener(
        new SharedClient(eds, options),
        client => client.streamEndpoints(),
        client => client.deltaEndpoints(),
      ),
    ],
    [
      LISTENER_TYPE,
      opener(
        new SharedClient(lds, options),
        client => client.streamListeners(),
        client => client.deltaListeners(),
      ),
    ],
    [
      ROUTE_TYPE,
      opener(
        new SharedClient(rds, options),
        client => client.streamRoutes(),
        client => client.deltaRoutes(),
      ),
    ],
    [
      SECRET_TYPE,
      opener(
        new SharedClient(sds, options),
        client => client.streamSecrets(),
        client => client.deltaSecrets(),
      ),
    ],
  ])
  return {
    open: (variant, events) => new StreamPerType(openers, variant, events),
    close: () => {
      for (const client of [cds, eds, lds, rds, sds]) client.close()
    },
  }
}

/** The same to a server of the Secret Discovery Service, whose streams carry secrets only. */
export function connectSds(address: string, options: ConnectOptions = {}): AdsConnection {
  const [target, trust, channel] = [grpcTarget(address), credentialsOf(options), ownConnection(options)]
  const clients = new RenewedClient(() => new SecretDiscoveryServiceClient(target, trust, channel), options)
  return {
    open: opener(
      clients,
      client => client.streamSecrets(),
      client => client.deltaSecrets(),
    ),
    close: () => clients.close(),
  }
}

function credentialsOf(options: ConnectOptions): ChannelCredentials {
  return options.credentials ?? credentials.createInsecure()
}

function channelOf({ serverName }: ConnectOptions): ChannelOptions {
  return serverName === undefined ? CHANNEL : { ...CHANNEL, 'grpc.ssl_target_name_override': serverName }
}

/** A connection attempt that hangs would be shared with the next stream, if channels shared their connections. */
function ownConnection(options: ConnectOptions): ChannelOptions {
  return { ...channelOf(options), 'grpc.use_local_subchannel_pool': 1 }
}

function opener<C extends Client>(
  clients: Clients<C>,
  sotw: (client: C) => ClientDuplexStream<DiscoveryRequest, DiscoveryResponse>,
  delta: (client: C) => ClientDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>,
): OpenTransport {
  return (variant, events) => {
    const client = clients.take()
    const line = { client, events, connectLimitMs: clients.connectLimitMs, hangs: () => clients.hangs(client) }
    return variant === 'sotw'
      ? bind(line, sotw(client), sotwResponseFromProto, request => (request.kind === 'sotw' ? sotwRequestToProto(request) : null))
      : bind(line, delta(client), deltaResponseFromProto, request => (request.kind === 'delta' ? deltaRequestToProto(request) : null))
  }
}

/** What a stream goes through. */
interface Line {
  readonly client: Client
  readonly events: ClientTransportEvents
  readonly connectLimitMs: number
  /** The connection was not there within the limit. */
  readonly hangs: () => void
}

function bind<Request, Response>(
  line: Line,
  call: ClientDuplexStream<Request, Response>,
  decode: (response: Response) => XdsResponse,
  encode: (request: XdsRequest) => Request | null,
): ClientTransport {
  let over = false
  const closed = (reason: string): void => {
    if (over) return
    over = true
    limit.cancel()
    line.events.closed(reason)
  }
  // Not by the library's `waitForReady`, which goes on to connect for a stream that has failed.
  const limit = systemClock.after(line.connectLimitMs, () => {
    if (line.client.getChannel().getConnectivityState(false) === connectivityState.READY) return
    call.cancel()
    line.hangs()
    closed(`no connection within ${line.connectLimitMs / 1000} s`)
  })
  call.on('data', (message: Response) => {
    if (!over) line.events.received(decode(message))
  })
  call.on('error', error => closed(error.message))
  call.on('end', () => closed('the server ended the stream'))
  return {
    send: request => {
      const message = encode(request)
      if (!over && message !== null) call.write(message)
    },
    close: () => {
      over = true
      limit.cancel()
      call.cancel()
    },
  }
}
