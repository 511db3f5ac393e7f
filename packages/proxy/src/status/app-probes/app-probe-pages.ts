import { isIPv4, isIPv6 } from 'node:net'
import type { HttpPage } from '@meshwork/core/serve'
import type { Clock } from '@meshwork/core/time'
import type { AppProbe } from './parse-app-probes.ts'
import { type Application, runAppProbe } from './run-app-probe.ts'

/** The probes of a pod by the page that asks them, and where its application is. */
export interface AppProbes {
  readonly byPage: ReadonlyMap<string, AppProbe>
  /** Of the pod; undefined where the application is on loopback. */
  readonly address: string | undefined
}

/** Connections from here to the application are never intercepted. */
const SOURCE = { ipv4: '127.0.0.6', ipv6: '::6' } as const

/** Pages of the status port that answer for the application. */
export function appProbePages({ byPage, address }: AppProbes, clock: Clock): Readonly<Record<string, HttpPage>> {
  const application = applicationAt(address)
  return Object.fromEntries([...byPage].map(([page, probe]) => [page, () => runAppProbe(probe, application, clock)]))
}

/** Applications that listen at the pod's address only are reached at it; without interception loopback does. */
function applicationAt(address: string | undefined): Application {
  if (address !== undefined && isIPv4(address)) return { host: address, localAddress: SOURCE.ipv4 }
  if (address !== undefined && isIPv6(address)) return { host: address, localAddress: SOURCE.ipv6 }
  return { host: '127.0.0.1', localAddress: undefined }
}
