import { traitsOf } from './header-traits.ts'

/**
 * Names that the data path itself looks up, with the small integer by which it does so. 0 is every other name.
 * The list is in no order that matters; ids never leave the process.
 */
export const HEADER_IDS = {
  host: 1,
  connection: 2,
  'content-length': 3,
  'transfer-encoding': 4,
  expect: 5,
  upgrade: 6,
  te: 7,
  trailer: 8,
  'keep-alive': 9,
  'proxy-connection': 10,
  'proxy-authorization': 11,
  'x-forwarded-for': 12,
  'x-forwarded-proto': 13,
  'x-forwarded-client-cert': 14,
  'x-request-id': 15,
  'x-envoy-attempt-count': 16,
  'x-envoy-upstream-service-time': 17,
  'x-envoy-expected-rq-timeout-ms': 18,
  'x-envoy-external-address': 19,
  'x-envoy-internal': 20,
  'x-envoy-original-path': 21,
  'x-envoy-overloaded': 22,
  'user-agent': 23,
  server: 24,
  date: 25,
  'content-type': 26,
  location: 27,
  cookie: 28,
  authorization: 29,
  via: 30,
  'x-envoy-decorator-operation': 31,
  'x-envoy-retry-on': 32,
  'x-envoy-max-retries': 33,
  'x-envoy-upstream-rq-timeout-ms': 34,
  'x-envoy-upstream-rq-per-try-timeout-ms': 35,
  'http2-settings': 36,
  'grpc-status': 37,
  'grpc-message': 38,
  'x-envoy-ratelimited': 39,
  'x-forwarded-host': 40,
} as const

/** A header name as it stood on the wire, with its lower-case key and its id in `HEADER_IDS` (0 if it has none). */
export class HeaderName {
  readonly wire: string
  readonly key: string
  readonly id: number
  /** Bits of `HeaderTrait`. */
  readonly traits: number
  /** A line end and `key: `, ready to be written. */
  readonly lowerLine: string
  /** A line end and `wire: ` */
  readonly wireLine: string
  /** The name that stood behind this one when it was last parsed: messages of one peer resemble each other. */
  follower: HeaderName | null = null
  private proper: string | null = null

  constructor(wire: string, key: string, id: number) {
    this.wire = wire
    this.key = key
    this.id = id
    this.traits = traitsOf(key)
    this.lowerLine = `\r\n${key}: `
    this.wireLine = wire === key ? this.lowerLine : `\r\n${wire}: `
  }

  /** A line end and `Proper-Case: `: the first character and those behind anything but a letter or digit are capitals. */
  get properLine(): string {
    this.proper ??= `\r\n${this.key.replaceAll(/(?<![a-z0-9])[a-z]/g, letter => letter.toUpperCase())}: `
    return this.proper
  }
}

const KNOWN_IDS: ReadonlyMap<string, number> = new Map(Object.entries(HEADER_IDS))

/** Names kept for reuse; a peer that sends ever new names costs itself an object each, not our memory. */
const MAX_INTERNED = 2048

/** Gives the same object for the same spelling, so that parsing a known name allocates nothing. One per codec owner. */
export class HeaderNames {
  private readonly byWire = new Map<string, HeaderName>()

  /** `wire` must be a valid field name (RFC 9110 5.1). */
  of(wire: string): HeaderName {
    return this.byWire.get(wire) ?? this.add(wire)
  }

  private add(slice: string): HeaderName {
    // A slice would keep the whole head it was cut from alive as long as the name.
    const wire = Buffer.from(slice, 'latin1').toString('latin1')
    const key = wire.toLowerCase()
    const name = new HeaderName(wire, key, KNOWN_IDS.get(key) ?? 0)
    if (this.byWire.size < MAX_INTERNED) this.byWire.set(wire, name)
    return name
  }
}

/** Shared by all codecs of the process: it holds names only, and is bounded. */
export const headerNames: HeaderNames = new HeaderNames()
