import { readFile } from 'node:fs/promises'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { MeshError, messageOf } from '@meshwork/core/result'
import type { Clock, Timer } from '@meshwork/core/time'
import type { ListenerTls } from '@meshwork/xds/grpc'

/** PEM files. They are replaced when certificates are renewed. */
export interface TlsFilePaths {
  readonly certificateChain: string
  readonly privateKey: string
  /** Whom the secure xDS port takes; unset where nothing asks for client certificates. */
  readonly clientRoots?: string
}

/** How old a renewed certificate on disk may get before it is used, in milliseconds. */
const POLL_MS = 10_000

/** Throws TLS_FILES_UNUSABLE, so that a wrong flag stops the start. */
export async function readTlsFiles(paths: TlsFilePaths): Promise<ListenerTls> {
  try {
    const [certificateChain, privateKey, clientRoots] = await Promise.all(
      [paths.certificateChain, paths.privateKey, paths.clientRoots].map(path =>
        path === undefined ? Promise.resolve('') : readFile(path, 'utf8'),
      ),
    )
    return { certificateChain: certificateChain ?? '', privateKey: privateKey ?? '', clientRoots: clientRoots ?? '' }
  } catch (error) {
    throw new MeshError('TLS_FILES_UNUSABLE', `cannot read the certificate of the ports with TLS: ${messageOf(error)}`, {
      source: 'config',
      cause: error,
      nextStep: 'pass PEM files with --tls-certificate, --tls-key and --tls-client-roots',
    })
  }
}

/** Follows the files of a certificate. State: what was read last. */
export class TlsFileWatch implements Runner {
  readonly name = 'tls files'
  private readonly paths: TlsFilePaths
  private readonly clock: Clock
  private readonly log: Logger
  private readonly changed: (tls: ListenerTls) => void
  private last: ListenerTls
  private timer: Timer | null = null

  constructor(paths: TlsFilePaths, first: ListenerTls, clock: Clock, log: Logger, changed: (tls: ListenerTls) => void) {
    this.paths = paths
    this.last = first
    this.clock = clock
    this.log = log
    this.changed = changed
  }

  start(): Promise<void> {
    this.timer = this.clock.after(POLL_MS, () => void this.look())
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.timer?.cancel()
    this.timer = null
    return Promise.resolve()
  }

  private async look(): Promise<void> {
    try {
      const now = await readTlsFiles(this.paths)
      if (!sameTls(now, this.last)) {
        // A pair that does not match (one file is new, the other not yet) throws here, and is looked at again.
        this.changed(now)
        this.last = now
        this.log.info('certificate of the ports with TLS renewed')
      }
    } catch (error) {
      this.log.warn('certificate of the ports with TLS stays as it was', { reason: messageOf(error) })
    }
    if (this.timer !== null) this.timer = this.clock.after(POLL_MS, () => void this.look())
  }
}

function sameTls(a: ListenerTls, b: ListenerTls): boolean {
  return a.certificateChain === b.certificateChain && a.privateKey === b.privateKey && a.clientRoots === b.clientRoots
}
