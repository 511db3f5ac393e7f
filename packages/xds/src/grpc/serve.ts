import { type handleBidiStreamingCall, type handleUnaryCall, type Server, type ServerDuplexStream, status } from '@grpc/grpc-js'
import { AggregatedDiscoveryServiceService } from '@meshwork/protos/envoy/service/discovery/v3/ads'
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
} from '@meshwork/protos/envoy/service/discovery/v3/discovery'
import { SecretDiscoveryServiceService } from '@meshwork/protos/envoy/service/secret/v3/sds'
import type { XdsServer } from '../server/server.ts'
import type { ServerTransport, StreamFailure } from '../server/transport.ts'
import type { XdsRequest, XdsResponse } from '../types/messages.ts'
import { SECRET_TYPE } from '../types/type-urls.ts'
import { deltaRequestFromProto, deltaResponseToProto, sotwRequestFromProto, sotwResponseToProto } from './codec.ts'

export interface ServeOptions {
  /** `control_plane.identifier` of every response: who answered, for people who debug. */
  readonly identifier?: string
}

/** Adds AggregatedDiscoveryService, both methods, to a grpc-js server. */
export function serveAds(server: Server, xds: XdsServer, options: ServeOptions = {}): void {
  const identifier = options.identifier ?? 'meshwork'
  server.addService(AggregatedDiscoveryServiceService, {
    streamAggregatedResources: sotwMethod(xds, identifier, null),
    deltaAggregatedResources: deltaMethod(xds, identifier, null),
  })
}

/** Adds SecretDiscoveryService, both streaming methods, whose requests may leave the type out. */
export function serveSds(server: Server, xds: XdsServer, options: ServeOptions = {}): void {
  const identifier = options.identifier ?? 'meshwork'
  server.addService(SecretDiscoveryServiceService, {
    streamSecrets: sotwMethod(xds, identifier, SECRET_TYPE),
    deltaSecrets: deltaMethod(xds, identifier, SECRET_TYPE),
    fetchSecrets: unaryRefused,
  })
}

const unaryRefused: handleUnaryCall<DiscoveryRequest, DiscoveryResponse> = (_call, callback) =>
  callback({ code: status.UNIMPLEMENTED, details: 'use StreamSecrets' })

function sotwMethod(
  xds: XdsServer,
  identifier: string,
  onlyType: string | null,
): handleBidiStreamingCall<DiscoveryRequest, DiscoveryResponse> {
  return call =>
    bind(xds, call, onlyType, sotwRequestFromProto, response =>
      response.kind === 'sotw' ? sotwResponseToProto(response, identifier) : null,
    )
}

function deltaMethod(
  xds: XdsServer,
  identifier: string,
  onlyType: string | null,
): handleBidiStreamingCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {
  return call =>
    bind(xds, call, onlyType, deltaRequestFromProto, response =>
      response.kind === 'delta' ? deltaResponseToProto(response, identifier) : null,
    )
}

/** Joins one call with one stream. The call's own write buffer says when the peer is slow. */
function bind<Request, Response>(
  xds: XdsServer,
  call: ServerDuplexStream<Request, Response>,
  onlyType: string | null,
  decode: (request: Request) => XdsRequest,
  encode: (response: XdsResponse) => Response | null,
): void {
  const transport: ServerTransport = {
    send: response => {
      const message = encode(response)
      return message === null || call.write(message)
    },
    end: failure => {
      if (failure === undefined) call.end()
      // grpc-js sends the status of an 'error' that is emitted; destroying the call would leave the client waiting.
      else call.emit('error', statusError(failure))
    },
  }
  const stream = xds.open(transport)
  call.on('data', (message: Request) => {
    const request = decode(message)
    if (onlyType === null) stream.received(request)
    else if (request.typeUrl === '' || request.typeUrl === onlyType) stream.received({ ...request, typeUrl: onlyType })
    else transport.end({ code: 'INVALID_ARGUMENT', message: `this service knows ${onlyType} only` })
  })
  call.on('drain', () => stream.drained())
  call.on('end', () => {
    stream.closed()
    call.end()
  })
  call.on('cancelled', () => stream.closed())
  // Includes our own failures above: the stream ends its own books first and ignores this one.
  call.on('error', () => stream.closed())
  call.on('close', () => stream.closed())
}

function statusError(failure: StreamFailure): Error {
  return Object.assign(new Error(failure.message), { code: status[failure.code], details: failure.message })
}
