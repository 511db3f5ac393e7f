import { parseSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import { MeshError } from '@meshwork/core/result'
import { type Command, Option } from 'commander'
import { type AppMetrics, parseAppMetrics } from './app-metrics.ts'
import type { AppProbes } from './app-probes/app-probe-pages.ts'
import { type AppProbe, parseAppProbes, PROBES_VARIABLE } from './app-probes/parse-app-probes.ts'

/** Where a proxy or its agent tells how it is. null: nowhere. */
export interface StatusAddresses {
  readonly status: SocketAddress | null
  readonly metrics: SocketAddress | null
  readonly ready: SocketAddress | null
}

export interface StatusOptions extends StatusAddresses {
  /** null: the application has no metrics. */
  readonly application: AppMetrics | null
  readonly probes: AppProbes
}

/** What commander makes of the flags. */
export interface StatusFlags {
  readonly statusAddress?: SocketAddress | 'off'
  readonly metricsAddress?: SocketAddress | 'off'
  readonly readyAddress?: SocketAddress | 'off'
  readonly appMetrics?: AppMetrics | null
  readonly appProbes?: ReadonlyMap<string, AppProbe>
  readonly appAddress?: string
}

/** Istio's ports. */
const PORTS = { status: 15_020, metrics: 15_090, ready: 15_021 } as const
/** Set by Istio's injector from the annotations of a pod. */
const ANNOTATIONS_VARIABLE = 'ISTIO_PROMETHEUS_ANNOTATIONS'

export function addStatusFlags(command: Command): Command {
  const what = "host:port, unix:/path or off; default Istio's port where traffic is redirected, else off"
  return command
    .option('--status-address <address>', `merged metrics and readiness (15020): ${what}`, parseAddress)
    .option('--metrics-address <address>', `metrics of the proxy (15090): ${what}`, parseAddress)
    .option('--ready-address <address>', `readiness (15021): ${what}`, parseAddress)
    .addOption(
      new Option('--app-metrics <port/path>', "the application's metrics, to be merged: 8080/metrics")
        .env(ANNOTATIONS_VARIABLE)
        .argParser(parseAppMetrics),
    )
    .addOption(
      new Option('--app-probes <json>', "probes of the pod's containers, which the status port answers for them")
        .env(PROBES_VARIABLE)
        .argParser(parseAppProbes),
    )
    .addOption(new Option('--app-address <ip>', 'where those probes reach the containers; default loopback').env('INSTANCE_IP'))
}

/** `host`: where Istio's ports are opened unless a flag says otherwise; null: nowhere. */
export function statusOptions(flags: StatusFlags, host: string | null): StatusOptions {
  const addressOf = (given: SocketAddress | 'off' | undefined, port: number): SocketAddress | null => {
    if (given === 'off') return null
    return given ?? (host === null ? null : { kind: 'tcp', host, port })
  }
  const addresses = {
    status: addressOf(flags.statusAddress, PORTS.status),
    metrics: addressOf(flags.metricsAddress, PORTS.metrics),
    ready: addressOf(flags.readyAddress, PORTS.ready),
  }
  const application = flags.appMetrics ?? null
  for (const address of Object.values(addresses)) {
    if (application !== null && address?.kind === 'tcp' && address.port === application.port) throw sameport(application)
  }
  const probes = { byPage: flags.appProbes ?? new Map<string, AppProbe>(), address: flags.appAddress }
  return { ...addresses, application, probes }
}

/** The page would ask itself, for ever. */
function sameport({ port }: AppMetrics): MeshError {
  const message = `port ${port} is the proxy's own, so it has no metrics of an application`
  return new MeshError('BAD_FLAG', message, { source: 'config', nextStep: 'name the port of the application' })
}

function parseAddress(text: string): SocketAddress | 'off' {
  if (text === 'off') return 'off'
  const address = parseSocketAddress(text)
  if (address.kind === 'ok') return address.value
  throw new MeshError('BAD_FLAG', address.error, {
    source: 'config',
    nextStep: 'write it like 0.0.0.0:15020, unix:/run/status.sock or off',
  })
}
