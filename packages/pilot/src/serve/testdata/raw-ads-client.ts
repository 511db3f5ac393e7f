import { once } from 'node:events'
import { type ChannelCredentials, type ClientDuplexStream, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { AggregatedDiscoveryServiceClient } from '@meshwork/protos/envoy/service/discovery/v3/ads'
import { DiscoveryRequest, type DiscoveryResponse } from '@meshwork/protos/envoy/service/discovery/v3/discovery'

export interface RawAdsOptions {
  /** Default: plain text. */
  readonly credentials?: ChannelCredentials
  /** Sent as `authorization: Bearer`. */
  readonly token?: string
  /** The node's metadata. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** Node refuses addresses as TLS server names. */
const SERVER_NAME = { 'grpc.ssl_target_name_override': 'istiod.istio-system.svc' }

/** A client that does exactly what a test says, on the wire. */
export class RawAdsClient {
  private readonly client: AggregatedDiscoveryServiceClient
  private readonly stream: ClientDuplexStream<DiscoveryRequest, DiscoveryResponse>
  private readonly node: { readonly id: string; readonly metadata: Record<string, unknown> }
  private readonly arrived: DiscoveryResponse[] = []
  private readonly failed: Promise<ServiceError>

  constructor(address: string, nodeId: string, options: RawAdsOptions = {}) {
    this.client = new AggregatedDiscoveryServiceClient(address, options.credentials ?? credentials.createInsecure(), SERVER_NAME)
    const headers = new Metadata()
    if (options.token !== undefined) headers.set('authorization', `Bearer ${options.token}`)
    this.stream = this.client.streamAggregatedResources(headers)
    this.node = { id: nodeId, metadata: { ...options.metadata } }
    this.failed = new Promise(resolve => this.stream.on('error', (error: ServiceError) => resolve(error)))
    this.stream.on('data', (response: DiscoveryResponse) => {
      this.arrived.push(response)
      this.stream.emit('arrived')
    })
  }

  subscribe(typeUrl: string, ...resourceNames: readonly string[]): void {
    this.stream.write(DiscoveryRequest.fromPartial({ node: this.node, typeUrl, resourceNames: [...resourceNames] }))
  }

  async next(): Promise<DiscoveryResponse> {
    while (this.arrived.length === 0) await once(this.stream, 'arrived')
    const [response] = this.arrived.splice(0, 1)
    if (response === undefined) throw new Error('nothing arrived')
    return response
  }

  /** The end of the stream, with the server's code and words. */
  failure(): Promise<ServiceError> {
    return this.failed
  }

  ack(response: DiscoveryResponse): void {
    const { typeUrl, nonce, versionInfo } = response
    this.stream.write(DiscoveryRequest.fromPartial({ typeUrl, responseNonce: nonce, versionInfo }))
  }

  nack(response: DiscoveryResponse, message: string): void {
    const { typeUrl, nonce } = response
    this.stream.write(DiscoveryRequest.fromPartial({ typeUrl, responseNonce: nonce, errorDetail: { code: 3, message } }))
  }

  close(): void {
    this.stream.cancel()
    this.client.close()
  }
}
