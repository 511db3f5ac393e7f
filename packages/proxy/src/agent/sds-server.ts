import { chmod, rm } from 'node:fs/promises'

import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { MeshError, ok } from '@meshwork/core/result'
import { GrpcListener } from '@meshwork/core/serve'
import type { Clock } from '@meshwork/core/time'
import { LinearCache } from '@meshwork/xds/cache'
import { serveSds } from '@meshwork/xds/grpc'
import { XdsServer } from '@meshwork/xds/server'
import { SECRET_TYPE } from '@meshwork/xds/types'

import type { SecretProvider } from '../tls/secrets.ts'
import { serveFetchSecrets } from './fetch-secrets.ts'
import { secretResources } from './secret-resources.ts'

export interface SdsServerOptions {
  /** Absolute; in a folder that only this user may enter. */
  readonly socketPath: string
  readonly secrets: SecretProvider
  readonly clock: Clock
  readonly log: Logger
}

const OWNER_ONLY = 0o600
/** `sun_path` of Linux holds 108 bytes with the closing zero, that of macOS 104. */
const MAX_SOCKET_PATH = 103
/** One Envoy has one stream per secret and cluster. */
const MAX_STREAMS = 10_000

/**
 * Serves the workload's secrets to an Envoy on the same machine (SDS v3, all three methods). A new certificate is pushed;
 * a client that rejects one keeps what it has and is told of the next. Whoever may open the socket gets the key.
 */
export class SdsServer implements Runner {
  readonly name: string = 'sds'
  private readonly options: SdsServerOptions
  private readonly cache = new LinearCache(SECRET_TYPE)
  private readonly xds: XdsServer
  private readonly listener: GrpcListener
  private stopWatching: (() => void) | undefined
  private rejections = 0

  constructor(options: SdsServerOptions) {
    this.options = options
    const log = options.log.child({ server: 'sds' })
    const hooks = {
      connected: () => ok('workload'),
      disconnected: () => undefined,
      acked: () => undefined,
      nacked: () => void this.rejections++,
    }
    this.xds = new XdsServer({ cache: this.cache, hooks, clock: options.clock, log, maxStreams: MAX_STREAMS })
    this.listener = new GrpcListener({
      name: 'sds',
      addresses: [{ kind: 'unix', path: options.socketPath }],
      flag: '--work-dir',
      graceMs: 0,
      clock: options.clock,
      addServices: server => {
        serveSds(server, this.xds)
        serveFetchSecrets(server, () => secretResources(options.secrets))
      },
    })
  }

  /** How many pushes clients have rejected. */
  get rejected(): number {
    return this.rejections
  }

  async start(): Promise<void> {
    const { socketPath, secrets } = this.options
    if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH) {
      throw new MeshError('SOCKET_PATH_TOO_LONG', `${socketPath} is longer than ${MAX_SOCKET_PATH} bytes`, {
        source: 'config',
        nextStep: 'choose a shorter folder with --work-dir',
      })
    }
    // Left behind by a process that was killed.
    await rm(socketPath, { force: true })
    this.publish()
    this.stopWatching = secrets.onChange(() => this.publish())
    await this.listener.start()
    await chmod(socketPath, OWNER_ONLY)
  }

  async close(): Promise<void> {
    this.stopWatching?.()
    this.xds.close()
    await this.listener.close()
    await rm(this.options.socketPath, { force: true })
  }

  /** Before the first certificate nothing is said about secrets, so that clients wait instead of learning that there are none. */
  private publish(): void {
    const resources = secretResources(this.options.secrets)
    if (resources.length > 0) this.cache.set(resources)
  }
}
