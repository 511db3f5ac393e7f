import { type ChannelCredentials, type ChannelOptions, type ClientDuplexStream, credentials } from '@grpc/grpc-js'
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
import { StreamPerType } from './stream-per-type.ts'

export interface ConnectOptions {
  /** Default: plain text. */
  readonly credentials?: ChannelCredentials
  /** What the server is asked for by name (SNI). Default: the host of its address. */
  readonly serverName?: string
}

export interface AdsConnection {
  readonly open: OpenTransport
  /** Closes the channel. Close the client first. */
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
  const client = new AggregatedDiscoveryServiceClient(grpcTarget(address), credentialsOf(options), channelOf(options))
  return {
    open: opener(
      () => client.streamAggregatedResources(),
      () => client.deltaAggregatedResources(),
    ),
    close: () => client.close(),
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
        () => cds.streamClusters(),
        () => cds.deltaClusters(),
      ),
    ],
    [
      ENDPOINT_TYPE,
      opener(
        () => eds.streamEndpoints(),
        () => eds.deltaEndpoints(),
      ),
    ],
    [
      LISTENER_TYPE,
      opener(
        () => lds.streamListeners(),
        () => lds.deltaListeners(),
      ),
    ],
    [
      ROUTE_TYPE,
      opener(
        () => rds.streamRoutes(),
        () => rds.deltaRoutes(),
      ),
    ],
    [
      SECRET_TYPE,
      opener(
        () => sds.streamSecrets(),
        () => sds.deltaSecrets(),
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
  const client = new SecretDiscoveryServiceClient(grpcTarget(address), credentialsOf(options), channelOf(options))
  return {
    open: opener(
      () => client.streamSecrets(),
      () => client.deltaSecrets(),
    ),
    close: () => client.close(),
  }
}

function credentialsOf(options: ConnectOptions): ChannelCredentials {
  return options.credentials ?? credentials.createInsecure()
}

function channelOf({ serverName }: ConnectOptions): ChannelOptions {
  return serverName === undefined ? CHANNEL : { ...CHANNEL, 'grpc.ssl_target_name_override': serverName }
}

function opener(
  sotw: () => ClientDuplexStream<DiscoveryRequest, DiscoveryResponse>,
  delta: () => ClientDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>,
): OpenTransport {
  return (variant, events) =>
    variant === 'sotw'
      ? bind(sotw(), events, sotwResponseFromProto, request => (request.kind === 'sotw' ? sotwRequestToProto(request) : null))
      : bind(delta(), events, deltaResponseFromProto, request => (request.kind === 'delta' ? deltaRequestToProto(request) : null))
}

function bind<Request, Response>(
  call: ClientDuplexStream<Request, Response>,
  events: ClientTransportEvents,
  decode: (response: Response) => XdsResponse,
  encode: (request: XdsRequest) => Request | null,
): ClientTransport {
  let over = false
  const closed = (reason: string): void => {
    if (over) return
    over = true
    events.closed(reason)
  }
  call.on('data', (message: Response) => {
    if (!over) events.received(decode(message))
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
      call.cancel()
    },
  }
}
