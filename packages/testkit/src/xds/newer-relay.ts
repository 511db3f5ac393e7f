import { Client, credentials, type handleBidiStreamingCall, Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js'
import { DeltaDiscoveryResponse, DiscoveryResponse } from '@meshwork/protos/envoy/service/discovery/v3/discovery'

type Variant = 'sotw' | 'delta'
type Handler = handleBidiStreamingCall<Buffer, Buffer>

const SERVICE = '/envoy.service.discovery.v3.AggregatedDiscoveryService'
const METHODS: Readonly<Record<Variant, string>> = {
  sotw: `${SERVICE}/StreamAggregatedResources`,
  delta: `${SERVICE}/DeltaAggregatedResources`,
}
/** Field 5000, a varint: `5000 << 3` as the tag; then field 5001, a message. No message of today has them. */
const UNKNOWN = Buffer.from([0xc0, 0xb8, 0x02, 0x01, 0xca, 0xb8, 0x02, 0x02, 0x08, 0x07])
/** A type of resource that only the next version has. */
export const NEXT_TYPE = 'type.googleapis.com/meshwork.next.v9.Whatever'

/**
 * Stands between proxies and a pilot and makes each side look newer to the other: every message and every resource has fields that
 * nobody knows, requests of a type that nobody knows go up, and a response with resources of that type comes down.
 */
export class NewerRelay implements Disposable {
  private readonly server = new Server()
  private readonly upstream: Client
  private boundPort = 0
  /** Streams that proxies opened so far. */
  streams = 0
  /** Responses that were made newer. */
  responses = 0

  private constructor(pilot: string) {
    this.upstream = new Client(pilot, credentials.createInsecure())
    this.server.addService(definition(), { sotw: this.handler('sotw'), delta: this.handler('delta') })
  }

  /** Listens on loopback. `pilot` is `host:port`. */
  static async listen(pilot: string): Promise<NewerRelay> {
    const relay = new NewerRelay(pilot)
    relay.boundPort = await new Promise<number>((resolve, reject) =>
      relay.server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      ),
    )
    return relay
  }

  get address(): string {
    return `127.0.0.1:${this.boundPort}`
  }

  [Symbol.dispose](): void {
    this.server.forceShutdown()
    this.upstream.close()
  }

  private handler(variant: Variant): Handler {
    return call => {
      const up = this.upstream.makeBidiStreamRequest(METHODS[variant], same, same)
      let [isFirst, isFirstAnswer] = [true, true]
      this.streams++
      call.on('data', (request: Buffer) => {
        up.write(Buffer.concat([request, UNKNOWN]))
        if (isFirst) up.write(requestOfNextType(variant, request))
        isFirst = false
      })
      up.on('data', (response: Buffer) => {
        this.responses++
        if (isFirstAnswer) call.write(responseOfNextType(variant))
        isFirstAnswer = false
        call.write(newer(variant, response))
      })
      for (const event of ['end', 'error'] as const) {
        call.on(event, () => up.end())
        up.on(event, () => call.end())
      }
    }
  }
}

function same(message: Buffer): Buffer {
  return message
}

function definition(): ServiceDefinition {
  const method = (variant: Variant): ServiceDefinition[string] => ({
    path: METHODS[variant],
    requestStream: true,
    responseStream: true,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  })
  return { sotw: method('sotw'), delta: method('delta') }
}

/** The same with unknown fields, in itself and in each of its resources. */
function newer(variant: Variant, response: Buffer): Buffer {
  const extended = <Any extends { readonly value: Uint8Array }>(any: Any): Any => ({ ...any, value: Buffer.concat([any.value, UNKNOWN]) })
  if (variant === 'sotw') {
    const message = DiscoveryResponse.decode(response)
    const bytes = DiscoveryResponse.encode({ ...message, resources: message.resources.map(extended) }).finish()
    return Buffer.concat([bytes, UNKNOWN])
  }
  const message = DeltaDiscoveryResponse.decode(response)
  const resources = message.resources.map(each => ({ ...each, ...(each.resource !== undefined && { resource: extended(each.resource) }) }))
  return Buffer.concat([DeltaDiscoveryResponse.encode({ ...message, resources }).finish(), UNKNOWN])
}

/** The first request, which says who asks, with another type in field 4 or 2: of a field that comes twice the last value counts. */
function requestOfNextType(variant: Variant, request: Buffer): Buffer {
  const type = Buffer.from(NEXT_TYPE)
  return Buffer.concat([request, Buffer.from([variant === 'sotw' ? 0x22 : 0x12, type.length]), type])
}

function responseOfNextType(variant: Variant): Buffer {
  const any = { typeUrl: NEXT_TYPE, value: UNKNOWN }
  const base = { typeUrl: NEXT_TYPE, nonce: 'next' }
  return Buffer.from(
    variant === 'sotw'
      ? DiscoveryResponse.encode(DiscoveryResponse.fromPartial({ ...base, versionInfo: '1', resources: [any] })).finish()
      : DeltaDiscoveryResponse.encode(
          DeltaDiscoveryResponse.fromPartial({ ...base, resources: [{ name: 'next', version: '1', resource: any }] }),
        ).finish(),
  )
}
