import type { Slot, StatScope, StatsRegistry } from '@meshwork/core/metrics'
import type { TLSSocket } from 'node:tls'
import type { StapleAnswer } from './staple-policy.ts'
import type { PeerProblem, PeerProblemKind } from './peer-verifier.ts'

/** Figures of TLS of one listener or cluster, under Envoy's names (`ssl.`). */
export class TlsStats {
  private readonly registry: StatsRegistry
  private readonly scope: StatScope
  private readonly handshake: Slot
  private readonly sessionReused: Slot
  private readonly noCertificate: Slot
  private readonly connectionError: Slot
  private readonly stapleRequests: Slot
  private readonly staples: Readonly<Record<StapleAnswer, Slot>>
  private readonly failures: Readonly<Record<PeerProblemKind, Slot>>
  private readonly tagged = new Map<string, Slot>()

  /** `scope`: of the listener or cluster. */
  constructor(registry: StatsRegistry, scope: StatScope) {
    this.registry = registry
    this.scope = scope
    this.handshake = scope.counter('ssl.handshake')
    this.sessionReused = scope.counter('ssl.session_reused')
    this.noCertificate = scope.counter('ssl.no_certificate')
    this.connectionError = scope.counter('ssl.connection_error')
    this.stapleRequests = scope.counter('ssl.ocsp_staple_requests')
    this.staples = {
      staple: scope.counter('ssl.ocsp_staple_responses'),
      omit: scope.counter('ssl.ocsp_staple_omitted'),
      refuse: scope.counter('ssl.ocsp_staple_failed'),
    }
    this.failures = {
      'no-certificate': scope.counter('ssl.fail_verify_no_cert'),
      untrusted: scope.counter('ssl.fail_verify_error'),
      name: scope.counter('ssl.fail_verify_san'),
      hash: scope.counter('ssl.fail_verify_cert_hash'),
    }
  }

  /** A handshake that ended well. */
  succeeded(socket: TLSSocket, peerShown: boolean): void {
    const { registry } = this
    registry.add(this.handshake, 1)
    if (socket.isSessionReused()) registry.add(this.sessionReused, 1)
    if (!peerShown) registry.add(this.noCertificate, 1)
    registry.add(this.slot('ssl.versions.', 'ssl_versions', 'envoy_ssl_version', socket.getProtocol() ?? ''), 1)
    registry.add(this.slot('ssl.ciphers.', 'ssl_ciphers', 'envoy_ssl_cipher', socket.getCipher().standardName), 1)
  }

  /** A client has asked for an OCSP staple. */
  readonly stapled = (answer: StapleAnswer): void => {
    this.registry.add(this.stapleRequests, 1)
    this.registry.add(this.staples[answer], 1)
  }

  /** A client's handshake that came to its end; `problem`: of the server's certificate. */
  ended(socket: TLSSocket, problem: PeerProblem | null): void {
    if (problem === null) this.succeeded(socket, socket.getPeerX509Certificate() !== undefined)
    else this.refused(problem.kind)
  }

  /** A connection failed; counts where TLS itself was the reason. */
  broke(error: NodeJS.ErrnoException): void {
    if (error.code?.startsWith('ERR_SSL') === true) this.failed()
  }

  refused(kind: PeerProblemKind): void {
    this.registry.add(this.failures[kind], 1)
  }

  /** A handshake that failed for another reason than the peer's certificate. */
  failed(): void {
    this.registry.add(this.connectionError, 1)
  }

  private slot(prefix: string, family: string, tag: string, value: string): Slot {
    const name = prefix + value
    const known = this.tagged.get(name)
    if (known !== undefined) return known
    const slot = this.scope.taggedCounter(name, family, { [tag]: value })
    this.tagged.set(name, slot)
    return slot
  }
}
