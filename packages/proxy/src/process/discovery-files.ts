import type { Logger } from '@meshwork/core/log'
import { formatViolation } from '@meshwork/core/result'
import type { Clock, Timer } from '@meshwork/core/time'
import type { ClientTransport, ClientTransportEvents, OpenTransport } from '@meshwork/xds/client'
import { type AdsConnection, sotwResponseFromProto } from '@meshwork/xds/grpc'
import { CLUSTER_TYPE, LISTENER_TYPE, type XdsRequest } from '@meshwork/xds/types'
import { modifiedMs, readDiscoveryFile } from '../bootstrap/read-discovery-file.ts'
import type { FileSource } from '../decode/dynamic-resources.ts'

/** How often files are looked at for changes. */
const POLL_MS = 500

/**
 * A control plane made of files: each holds a discovery response, YAML or JSON, that is given when its type is asked for and again
 * whenever the file changes. A file with a mistake changes nothing, and the log tells where it is.
 */
export class DiscoveryFiles implements AdsConnection {
  readonly open: OpenTransport = (_, events) => new FileStream(this.paths, events, this.clock, this.log)
  private readonly paths: ReadonlyMap<string, string>
  private readonly clock: Clock
  private readonly log: Logger

  constructor({ clusters, listeners }: FileSource, clock: Clock, log: Logger) {
    this.paths = new Map([
      ...(clusters === null ? [] : [[CLUSTER_TYPE, clusters] as const]),
      ...(listeners === null ? [] : [[LISTENER_TYPE, listeners] as const]),
    ])
    this.clock = clock
    this.log = log
  }

  close(): void {}
}

/** Answers what it has files for; of other types nothing is known, which the client waits for as long as for any silent server. */
class FileStream implements ClientTransport {
  private readonly paths: ReadonlyMap<string, string>
  private readonly events: ClientTransportEvents
  private readonly clock: Clock
  private readonly log: Logger
  /** By type: when the file that was given last was changed. */
  private readonly given = new Map<string, number>()
  private timer: Timer | null = null
  private nonce = 0

  constructor(paths: ReadonlyMap<string, string>, events: ClientTransportEvents, clock: Clock, log: Logger) {
    this.paths = paths
    this.events = events
    this.clock = clock
    this.log = log
  }

  send({ typeUrl, responseNonce }: XdsRequest): void {
    if (responseNonce !== '' || !this.paths.has(typeUrl) || this.given.has(typeUrl)) return
    this.given.set(typeUrl, Number.NaN)
    // Not within the client's own call.
    this.timer?.cancel()
    this.timer = this.clock.after(0, () => this.look())
  }

  close(): void {
    this.timer?.cancel()
  }

  private look(): void {
    this.timer = this.clock.after(POLL_MS, () => this.look())
    for (const [typeUrl, modifiedMs] of this.given) this.lookAt(typeUrl, modifiedMs)
  }

  private lookAt(typeUrl: string, beforeMs: number): void {
    const path = this.paths.get(typeUrl) ?? ''
    const changedMs = modifiedMs(path)
    if (changedMs === beforeMs) return
    this.given.set(typeUrl, changedMs)
    const read = readDiscoveryFile(path)
    if (read.kind === 'err') {
      this.log.error('configuration file refused', { path, error: read.error.map(formatViolation).join('; ') })
      return
    }
    this.nonce++
    this.events.received({ ...sotwResponseFromProto(read.value), typeUrl, nonce: String(this.nonce) })
  }
}
