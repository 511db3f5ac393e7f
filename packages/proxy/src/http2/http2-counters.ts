/** What sessions of one scope (a listener, a cluster) have seen; names of Envoy's `http2.*` counters in camel case. */
export class Http2Counters {
  goawaySent = 0
  headerOverflow = 0
  inboundEmptyFramesFlood = 0
  inboundPriorityFramesFlood = 0
  inboundWindowUpdateFramesFlood = 0
  outboundControlFlood = 0
  outboundFlood = 0
  rxMessagingError = 0
  rxReset = 0
  streamsRefused = 0
  trailers = 0
  txReset = 0
  /** Budgets that Envoy does not count by themselves. */
  otherFlood = 0
}
