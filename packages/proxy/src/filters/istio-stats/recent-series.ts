import type { StreamInfo } from '../../telemetry/stream-info.ts'
import type { Peer } from '../peer-metadata/peer.ts'
import type { EndsReader } from './ends.ts'

/** Kinds of requests that are told apart without making a key. Most chains see fewer. */
const REMEMBERED = 16

/** All that the labels of one kind of request are made of, as the requests have it. */
interface Kind<S> {
  readonly status: number
  readonly flags: number
  readonly cluster: string
  readonly grpcStatus: string | null
  readonly other: Peer | null
  readonly otherName: string
  readonly ownName: string
  readonly host: string
  readonly secured: boolean
  readonly series: S
}

/** Finds the series of the kinds of requests that came last: comparisons of values that are nearly always the same objects. */
export class RecentSeries<S> {
  private readonly ends: EndsReader
  private readonly kinds: Kind<S>[] = []
  private next = 0

  constructor(ends: EndsReader) {
    this.ends = ends
  }

  /** `grpcStatus`: null for requests that are no gRPC. null: no such kind came lately. */
  find(info: StreamInfo, other: Peer | null, grpcStatus: string | null): S | null {
    const { status, flags, clusterName } = info
    const secured = info.connection.isTls
    for (const kind of this.kinds) {
      if (kind.status !== status || kind.other !== other || kind.flags !== flags || kind.secured !== secured) continue
      if (kind.cluster !== clusterName || kind.grpcStatus !== grpcStatus) continue
      if (kind.otherName !== this.ends.otherName(info) || kind.ownName !== this.ends.ownName(info)) continue
      if (kind.host === this.ends.fallbackHost(info)) return kind.series
    }
    return null
  }

  remember(info: StreamInfo, other: Peer | null, grpcStatus: string | null, series: S): void {
    const { ends } = this
    this.kinds[this.next] = {
      status: info.status,
      flags: info.flags,
      cluster: info.clusterName,
      grpcStatus,
      other,
      otherName: ends.otherName(info),
      ownName: ends.ownName(info),
      host: ends.fallbackHost(info),
      secured: info.connection.isTls,
      series,
    }
    this.next = (this.next + 1) % REMEMBERED
  }
}
