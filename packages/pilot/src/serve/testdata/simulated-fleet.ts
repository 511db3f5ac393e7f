import { type ClientHttp2Session, connect } from 'node:http2'
import { DiscoveryRequest, DiscoveryResponse } from '@meshwork/protos/envoy/service/discovery/v3/discovery'
import { CLUSTER_TYPE, LISTENER_TYPE } from '@meshwork/xds/types'

const PATH = '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources'
const HEAD_BYTES = 5

/** One proxy of many: a connection of its own, clusters and listeners, and an acknowledgement of all that comes. */
export class SimulatedProxy {
  /** Responses acknowledged since it came. */
  acked = 0
  private readonly session: ClientHttp2Session
  private last = ''
  private received: Buffer = Buffer.alloc(0)

  /** `onLost` is called when the connection ends for whatever reason. */
  constructor(port: number, name: string, onLost: () => void) {
    const node = { id: `sidecar~10.0.0.1~${name}.default~default.svc.cluster.local`, metadata: { NAMESPACE: 'default' } }
    this.session = connect(`http://127.0.0.1:${port}`)
    this.session.on('error', () => undefined)
    this.session.on('close', onLost)
    const stream = this.session.request({ ':method': 'POST', ':path': PATH, 'content-type': 'application/grpc', te: 'trailers' })
    stream.on('error', () => undefined)
    stream.on('end', () => this.session.destroy())
    const send = (request: Parameters<typeof DiscoveryRequest.fromPartial>[0]): void => {
      const body = DiscoveryRequest.encode(DiscoveryRequest.fromPartial(request)).finish()
      const head = Buffer.alloc(HEAD_BYTES)
      head.writeUInt32BE(body.length, 1)
      stream.write(Buffer.concat([head, body]))
    }
    stream.on('data', (chunk: Buffer) => {
      for (const { typeUrl, nonce, versionInfo, resources } of this.responsesIn(chunk)) {
        if (typeUrl === CLUSTER_TYPE) this.last = resources.map(({ value }) => Buffer.from(value).toString('latin1')).join('\n')
        this.acked++
        send({ typeUrl, responseNonce: nonce, versionInfo })
      }
    })
    send({ node, typeUrl: CLUSTER_TYPE })
    send({ node, typeUrl: LISTENER_TYPE })
  }

  /** Whether the clusters that it acknowledged last have this text in them. */
  holds(text: string): boolean {
    return this.last.includes(text)
  }

  close(): void {
    this.session.destroy()
  }

  private responsesIn(chunk: Buffer): readonly DiscoveryResponse[] {
    this.received = Buffer.concat([this.received, chunk])
    const responses: DiscoveryResponse[] = []
    while (this.received.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + this.received.readUInt32BE(1)
      if (this.received.length < end) break
      responses.push(DiscoveryResponse.decode(this.received.subarray(HEAD_BYTES, end)))
      this.received = this.received.subarray(end)
    }
    return responses
  }
}
