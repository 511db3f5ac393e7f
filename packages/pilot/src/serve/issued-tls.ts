import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { MeshError, messageOf } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { CERTIFICATE_SECRET, createWorkloadIdentity, ROOTS_SECRET, type WorkloadIdentity } from '@meshwork/identity'
import type { ListenerTls } from '@meshwork/xds/grpc'
import type { ServerTls } from './server-tls.ts'

export interface IssuedTlsOptions {
  readonly trustDomain: string
  readonly namespace: string
  readonly serviceAccount: string
  /** Citadel: `host:port`. */
  readonly caAddress: string
  /** PEM; read again for each request, like the token. */
  readonly caRootFile: string
  readonly tokenFile: string
  readonly clock: Clock
  readonly log: Logger
}

/**
 * A certificate that citadel issues to this account, renewed at half of its life. Citadel decides which names of servers are in it.
 * The same answer says whose client certificates count. State: the certificate in use.
 */
export class IssuedTls implements ServerTls, Runner {
  readonly name = 'certificate of citadel'
  readonly before: readonly Runner[] = [this]
  readonly after: readonly Runner[] = []
  readonly tls: ListenerTls
  private readonly log: Logger
  private readonly identity: WorkloadIdentity
  private readonly closed = Promise.withResolvers<void>()
  private current: ListenerTls | null = null
  private changed: (tls: ListenerTls) => void = () => undefined

  constructor(options: IssuedTlsOptions) {
    this.log = options.log
    this.identity = createWorkloadIdentity(options)
    const inUse = (): ListenerTls => this.inUse()
    // Ports are made before there is a certificate, and read it when they open.
    this.tls = {
      get certificateChain() {
        return inUse().certificateChain
      },
      get privateKey() {
        return inUse().privateKey
      },
      get clientRoots() {
        return inUse().clientRoots
      },
    }
  }

  /** What clients must trust, PEM; null before the first certificate. */
  get rootsPem(): string | null {
    return this.current?.clientRoots ?? null
  }

  onChange(changed: (tls: ListenerTls) => void): void {
    const before = this.changed
    this.changed = tls => {
      before(tls)
      changed(tls)
    }
  }

  /** Resolves with the first certificate; until then the log says why there is none. */
  async start(): Promise<void> {
    const first = Promise.withResolvers<void>()
    this.identity.secrets.onChange(() => {
      this.take()
      first.resolve()
    })
    await this.identity.start()
    await Promise.race([first.promise, this.closed.promise])
  }

  close(): Promise<void> {
    this.closed.resolve()
    return this.identity.close()
  }

  private take(): void {
    const { secrets } = this.identity
    const material = secrets.certificate(CERTIFICATE_SECRET)
    const clientRoots = secrets.roots(ROOTS_SECRET)
    // One that has expired stays in use until there is another: clients say better than silence what is wrong.
    if (material === null || clientRoots === null) return
    const isFirst = this.current === null
    this.current = { certificateChain: material.certificateChainPem, privateKey: material.privateKeyPem, clientRoots }
    if (isFirst) return
    try {
      this.changed(this.current)
    } catch (error) {
      this.log.error('renewed certificate cannot be used', { reason: messageOf(error) })
    }
  }

  private inUse(): ListenerTls {
    if (this.current === null) throw new MeshError('NO_CERTIFICATE', 'there is no certificate of citadel yet')
    return this.current
  }
}
