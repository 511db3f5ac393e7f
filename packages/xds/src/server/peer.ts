import type { SpiffeId } from '@meshwork/core/ids'

/** What the transport has proved about who is on the other end of a stream. */
export interface StreamPeer {
  /** `certificate` or `token`; `none`: nothing was asked for, as on loopback. */
  readonly proof: 'certificate' | 'token' | 'none'
  /** The identities proved; empty without proof. */
  readonly identities: readonly SpiffeId[]
  /** `10.0.0.1:4711`, for people; empty for sockets in the file system. */
  readonly address: string
}

/** Nobody asked: transports of tests, and plain text. */
export const UNPROVED_PEER: StreamPeer = { proof: 'none', identities: [], address: '' }
