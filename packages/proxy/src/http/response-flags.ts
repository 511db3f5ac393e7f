/**
 * Why a response is what it is: a bit set, the only vocabulary for failures on the data path.
 * The short names are Envoy's `%RESPONSE_FLAGS%`, in the order of its enumeration.
 */
export const ResponseFlag = {
  none: 0,
  failedLocalHealthCheck: 0x1,
  noHealthyUpstream: 0x2,
  upstreamRequestTimeout: 0x4,
  localReset: 0x8,
  upstreamRemoteReset: 0x10,
  upstreamConnectionFailure: 0x20,
  upstreamConnectionTermination: 0x40,
  upstreamOverflow: 0x80,
  noRouteFound: 0x100,
  delayInjected: 0x200,
  faultInjected: 0x400,
  rateLimited: 0x800,
  unauthorizedExternalService: 0x1000,
  downstreamConnectionTermination: 0x2000,
  upstreamRetryLimitExceeded: 0x4000,
  streamIdleTimeout: 0x8000,
  downstreamProtocolError: 0x10000,
  upstreamMaxStreamDuration: 0x20000,
  noClusterFound: 0x40000,
  durationTimeout: 0x80000,
  upstreamProtocolError: 0x100000,
  overloadManager: 0x200000,
  dropOverload: 0x400000,
  unconditionalDropOverload: 0x800000,
} as const

const SHORT_NAMES: readonly string[] = [
  'LH',
  'UH',
  'UT',
  'LR',
  'UR',
  'UF',
  'UC',
  'UO',
  'NR',
  'DI',
  'FI',
  'RL',
  'UAEX',
  'DC',
  'URX',
  'SI',
  'DPE',
  'UMSDR',
  'NC',
  'DT',
  'UPE',
  'OM',
  'DO',
  'UDO',
]

const LONG_NAMES: readonly string[] = [
  'FailedLocalHealthCheck',
  'NoHealthyUpstream',
  'UpstreamRequestTimeout',
  'LocalReset',
  'UpstreamRemoteReset',
  'UpstreamConnectionFailure',
  'UpstreamConnectionTermination',
  'UpstreamOverflow',
  'NoRouteFound',
  'DelayInjected',
  'FaultInjected',
  'RateLimited',
  'UnauthorizedExternalService',
  'DownstreamConnectionTermination',
  'UpstreamRetryLimitExceeded',
  'StreamIdleTimeout',
  'DownstreamProtocolError',
  'UpstreamMaxStreamDurationReached',
  'NoClusterFound',
  'DurationTimeout',
  'UpstreamProtocolError',
  'OverloadManagerTerminated',
  'DropOverload',
  'UnconditionalDropOverload',
]

/** `UH,NR` or `-`, as access logs show it. `ofRequest`: not of a TCP connection. */
export function formatResponseFlags(flags: number, ofRequest: boolean = true): string {
  return namesOf(flags, SHORT_NAMES, ofRequest)
}

/** `NoHealthyUpstream,NoRouteFound` or `-`. */
export function formatLongResponseFlags(flags: number, ofRequest: boolean = true): string {
  return namesOf(flags, LONG_NAMES, ofRequest)
}

function namesOf(flags: number, names: readonly string[], ofRequest: boolean): string {
  if (flags === 0) return '-'
  const listed = names.filter((_, bit) => (flags & (1 << bit)) !== 0)
  // Envoy prints them as they were set. Of requests it notes that no attempts are left before it notes why the last one failed.
  const last = (flags & ResponseFlag.upstreamRetryLimitExceeded) === 0 ? '' : (names[RETRY_LIMIT_BIT] ?? '')
  return last !== '' && ofRequest ? [last, ...listed.filter(name => name !== last)].join(',') : listed.join(',')
}

const RETRY_LIMIT_BIT = Math.log2(ResponseFlag.upstreamRetryLimitExceeded)

/** The bit of a short name such as `UH`; 0 for none. */
export function responseFlagBit(shortName: string): number {
  const bit = SHORT_NAMES.indexOf(shortName)
  return bit < 0 ? 0 : 1 << bit
}
