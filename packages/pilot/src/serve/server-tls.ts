import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import type { ListenerTls } from '@meshwork/xds/grpc'
import { readTlsFiles, type TlsFilePaths, TlsFileWatch } from './tls-files.ts'

/** The certificate of the ports with TLS, and what keeps it fresh. */
export interface ServerTls {
  /** What ports use from their start on. */
  readonly tls: ListenerTls
  /** Runs before the ports open. */
  readonly before: readonly Runner[]
  /** Runs afterwards. */
  readonly after: readonly Runner[]
  /** Calls `changed` with each later certificate. One that cannot be used makes it throw. */
  onChange(changed: (tls: ListenerTls) => void): void
}

/** From PEM files, which are read again when they change. Throws TLS_FILES_UNUSABLE. */
export async function fileServerTls(paths: TlsFilePaths, clock: Clock, log: Logger): Promise<ServerTls> {
  const tls = await readTlsFiles(paths)
  let told: (tls: ListenerTls) => void = () => undefined
  const watch = new TlsFileWatch(paths, tls, clock, log, renewed => told(renewed))
  return {
    tls,
    before: [],
    after: [watch],
    onChange: changed => {
      told = changed
    },
  }
}
