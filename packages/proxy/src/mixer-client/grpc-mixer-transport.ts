import { credentials, Metadata, status } from '@grpc/grpc-js'
import type { Clock } from '@meshwork/core/time'
import type { CheckRequest, CheckResponse } from '@meshwork/protos/istio/mixer/v1/check'
import type { ReportRequest } from '@meshwork/protos/istio/mixer/v1/report'
import { MixerClient } from '@meshwork/protos/istio/mixer/v1/service'

import type { CallFailure, MixerTransport, PendingCall } from './mixer-transport.ts'

/** Each Check and Report; neither is retried (mixer.md 1.6). */
const CALL_LIMIT_MS = 5_000

/** A Mixer that comes back should be noticed within a second. */
const CHANNEL_OPTIONS = {
  // The mesh hands `http_proxy` to applications; its own channels must not follow it.
  'grpc.enable_http_proxy': 0,
  'grpc.default_authority': 'mixer',
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
}

const UNKNOWN_CLUSTER: CallFailure = { code: status.UNAVAILABLE, message: 'the cluster of mixer has no endpoint' }
const NOTHING_PENDING: PendingCall = { cancel: () => undefined }

export interface GrpcMixerTransportOptions {
  readonly checkCluster: string
  readonly reportCluster: string
  /** `host:port` of an endpoint of the cluster, or null while there is none. */
  readonly addressOf: (cluster: string) => string | null
  readonly clock: Clock
}

interface Channel {
  readonly target: string
  readonly client: MixerClient
}

/** Calls Mixer at the endpoints that xDS gives for its clusters; a change of endpoint opens a new channel. */
export class GrpcMixerTransport implements MixerTransport {
  private readonly options: GrpcMixerTransportOptions
  private readonly channels = new Map<string, Channel>()

  constructor(options: GrpcMixerTransportOptions) {
    this.options = options
  }

  check(request: CheckRequest, done: (failure: CallFailure | null, response: CheckResponse | null) => void): PendingCall {
    const client = this.clientOf(this.options.checkCluster)
    if (client === null) {
      queueMicrotask(() => done(UNKNOWN_CLUSTER, null))
      return NOTHING_PENDING
    }
    return client.check(request, new Metadata(), this.deadline(), (error, response) => done(error, response ?? null))
  }

  report(request: ReportRequest, done: (failure: CallFailure | null) => void): void {
    const client = this.clientOf(this.options.reportCluster)
    if (client === null) queueMicrotask(() => done(UNKNOWN_CLUSTER))
    else client.report(request, new Metadata(), this.deadline(), error => done(error))
  }

  close(): void {
    for (const channel of this.channels.values()) channel.client.close()
    this.channels.clear()
  }

  private clientOf(cluster: string): MixerClient | null {
    const target = this.options.addressOf(cluster)
    if (target === null) return null
    const known = this.channels.get(cluster)
    if (known?.target === target) return known.client
    known?.client.close()
    const client = new MixerClient(target, credentials.createInsecure(), CHANNEL_OPTIONS)
    this.channels.set(cluster, { target, client })
    return client
  }

  private deadline(): { readonly deadline: number } {
    return { deadline: this.options.clock.now() + CALL_LIMIT_MS }
  }
}
