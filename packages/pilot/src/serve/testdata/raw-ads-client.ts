import { once } from 'node:events'
import { type ClientDuplexStream, credentials } from '@grpc/grpc-js'
import { AggregatedDiscoveryServiceClient } from '@meshwork/protos/envoy/service/discovery/v3/ads'
import { DiscoveryRequest, type DiscoveryResponse } from '@meshwork/protos/envoy/service/discovery/v3/discovery'

/** A client that does exactly what a test says, on the wire. */
export class RawAdsClient {
  private readonly client: AggregatedDiscoveryServiceClient
  private readonly stream: ClientDuplexStream<DiscoveryRequest, DiscoveryResponse>
  private readonly nodeId: string
  private readonly arrived: DiscoveryResponse[] = []

  constructor(address: string, nodeId: string) {
    this.client = new AggregatedDiscoveryServiceClient(address, credentials.createInsecure())
    this.stream = this.client.streamAggregatedResources()
    this.nodeId = nodeId
    this.stream.on('data', (response: DiscoveryResponse) => {
      this.arrived.push(response)
      this.stream.emit('arrived')
    })
    this.stream.on('error', () => undefined)
  }

  subscribe(typeUrl: string, ...resourceNames: readonly string[]): void {
    this.stream.write(DiscoveryRequest.fromPartial({ node: { id: this.nodeId }, typeUrl, resourceNames: [...resourceNames] }))
  }

  async next(): Promise<DiscoveryResponse> {
    while (this.arrived.length === 0) await once(this.stream, 'arrived')
    const [response] = this.arrived.splice(0, 1)
    if (response === undefined) throw new Error('nothing arrived')
    return response
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
