import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import type { Engine } from '../engine/index.ts'
import { openSockets } from '../net/open-sockets.ts'
import { ApplicationWatch, type PodLife, Termination } from '../pod/index.ts'

export interface PodLifeDeps {
  readonly engine: Engine
  /** A gateway has clients on all listeners; those of a sidecar's outbound listeners are the application. */
  readonly isGateway: boolean
  readonly isReady: () => boolean
  readonly clock: Clock
  readonly log: Logger
}

/** How the proxy of a pod ends: by its own decision, and not at once. In no pod it ends as soon as it is told to. */
export interface ProxyEnd {
  /** To be the last of all. */
  readonly runners: readonly Runner[]
  readonly hasBegun: () => boolean
}

export function proxyEnd(pod: PodLife | null, { engine, isGateway, isReady, clock, log }: PodLifeDeps): ProxyEnd {
  if (pod === null) return { runners: [], hasBegun: () => false }
  const termination = new Termination({
    ...pod.termination,
    askToLeave: () => engine.askToLeave(!isGateway),
    connections: () => openSockets.clientCount,
    wasReady: isReady,
    clock,
  })
  const ended = (): void => {
    termination.hurry()
    quit()
  }
  const restartPolicy = pod.exitWithApplication
  const watch = restartPolicy === null ? [] : [new ApplicationWatch({ restartPolicy, ended, clock, log })]
  return { runners: [termination, ...watch], hasBegun: () => termination.hasBegun }
}

/** The process ends as if it had been asked to from outside. */
export function quit(): void {
  process.kill(process.pid, 'SIGTERM')
}
