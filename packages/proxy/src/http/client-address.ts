import { BlockList, isIP } from 'node:net'
import type { HttpConnectionManagerConfig, OriginalIpDetection } from '../model/http-connection-manager.ts'
import type { CidrRange } from '../model/listener.ts'
import { plainIp } from '../net/address.ts'
import type { HeaderTable } from './header-table.ts'
import type { StreamRecord } from './stream-record.ts'

type ClientRules = Pick<
  HttpConnectionManagerConfig,
  'useRemoteAddress' | 'xffNumTrustedHops' | 'skipXffAppend' | 'internalRanges' | 'originalIpDetection'
>

/** What is known of a request's origin. */
export interface ClientVerdict {
  /** Sent by a client of our own network: its `x-envoy-*` are obeyed. */
  readonly internal: boolean
  /** A stranger's request at an edge. */
  readonly edge: boolean
  /** Status to refuse the request with; 0: it goes on. */
  readonly rejectStatus: number
}

const STRANGER: ClientVerdict = { internal: false, edge: false, rejectStatus: 0 }
const STRANGER_AT_EDGE: ClientVerdict = { internal: false, edge: true, rejectStatus: 0 }
const INTERNAL: ClientVerdict = { internal: true, edge: false, rejectStatus: 0 }

/** Finds out which address is the client's, notes it in the stream, and extends `x-forwarded-for`. */
export class ClientAddressRule {
  private readonly rules: ClientRules
  private readonly internal: BlockList | null

  constructor(rules: ClientRules) {
    this.rules = rules
    this.internal = rules.internalRanges.length === 0 ? null : blockList(rules.internalRanges)
  }

  apply(stream: StreamRecord): ClientVerdict {
    return this.rules.useRemoteAddress ? this.fromPeer(stream) : this.fromHeaders(stream)
  }

  /** The peer counts, or whom the trusted proxies in front of us name (`xff_num_trusted_hops`). */
  private fromPeer(stream: StreamRecord): ClientVerdict {
    const { xffNumTrustedHops, skipXffAppend } = this.rules
    const { requestHeaders: headers, connection } = stream
    const before = headers.getJoined(XFF)
    const named = xffNumTrustedHops > 0 ? forwardedAddress(before, xffNumTrustedHops - 1) : null
    if (named !== null) setAddress(stream, named)
    if (!skipXffAppend) appendForwardedFor(headers, before, connection.remoteAddress)
    // Whoever sends a list came through proxies, and may have written what it liked.
    return before === null && this.isInternal(stream.remoteAddress) ? INTERNAL : STRANGER_AT_EDGE
  }

  private fromHeaders(stream: StreamRecord): ClientVerdict {
    for (const detection of this.rules.originalIpDetection) {
      const address = detect(detection, stream)
      if (address === null) {
        const status = detection.kind === 'custom-header' ? detection.rejectStatus : null
        if (status !== null) return { internal: false, edge: false, rejectStatus: status }
        continue
      }
      setAddress(stream, address)
      return isTrusted(detection, stream.requestHeaders) && this.isInternal(address) ? INTERNAL : STRANGER
    }
    return STRANGER
  }

  private isInternal(address: string): boolean {
    return this.internal !== null && this.internal.check(address, address.includes(':') ? 'ipv6' : 'ipv4')
  }
}

const XFF = 'x-forwarded-for'

function detect(detection: OriginalIpDetection, { requestHeaders: headers }: StreamRecord): string | null {
  if (detection.kind === 'xff') return forwardedAddress(headers.getJoined(XFF), detection.trustedHops)
  return address(headers.get(detection.header) ?? '')
}

/** An address that stands alone in `x-forwarded-for` was written by who is trusted to write it. */
function isTrusted(detection: OriginalIpDetection, headers: HeaderTable): boolean {
  if (detection.kind === 'custom-header') return detection.trusted
  return detection.trustedHops === 0 && headers.getJoined(XFF)?.includes(',') === false
}

/** The address that many places from the right of the list; null when there is none or it is not one. */
export function forwardedAddress(list: string | null, skip: number): string | null {
  if (list === null) return null
  let end = list.length
  for (let i = 0; i < skip; i++) {
    end = list.lastIndexOf(',', end - 1)
    if (end <= 0) return null
  }
  return address(list.slice(list.lastIndexOf(',', end - 1) + 1, end))
}

function address(text: string): string | null {
  const trimmed = text.trim()
  return isIP(trimmed) === 0 ? null : plainIp(trimmed)
}

function setAddress(stream: StreamRecord, text: string): void {
  stream.remoteAddress = text
  stream.remotePort = 0
}

function appendForwardedFor(headers: HeaderTable, before: string | null, peer: string): void {
  if (peer !== '') headers.set(XFF, before === null || before === '' ? peer : `${before},${peer}`)
}

function blockList(ranges: readonly CidrRange[]): BlockList {
  const list = new BlockList()
  for (const { address: prefix, prefixLength } of ranges) list.addSubnet(prefix, prefixLength, prefix.includes(':') ? 'ipv6' : 'ipv4')
  return list
}
