import { CA_AUDIENCE, LOCAL_ISSUER } from '../identity/workload-tokens.ts'
import type { StatePaths } from '../state/state-paths.ts'
import type { ControlPlanePorts } from './control-plane-ports.ts'
import type { ProcessPlan, ProcessRole } from './mesh-plan.ts'
import { TRUST_DOMAIN } from './proxy-process.ts'

/** Pilot, citadel, mixer and its adapters. Adapters come before mixer; the rest start side by side. */
export function controlPlaneProcesses(ports: ControlPlanePorts, paths: StatePaths, config: readonly string[]): readonly ProcessPlan[] {
  const folders = [paths.registry, ...config].flatMap(folder => ['--config-dir', folder])
  return [
    ours('citadel', 'citadel', '@meshwork/citadel/main', citadelArguments(ports, paths), {
      grpc: ports.citadel,
      metrics: ports.citadelMonitoring,
    }),
    ours('pilot', 'pilot', '@meshwork/pilot/main', [...folders, ...pilotArguments(ports, paths)], {
      xds: ports.pilotXds,
      debug: ports.pilotDebug,
    }),
    ours('adapter/denier', 'adapter', '@meshwork/adapters/denier/main', ['--address', local(ports.denier)], { grpc: ports.denier }),
    ours(
      'adapter/prometheus',
      'adapter',
      '@meshwork/adapters/prometheus/main',
      ['--address', local(ports.prometheusAdapter), '--metrics-address', local(ports.prometheus)],
      { grpc: ports.prometheusAdapter, metrics: ports.prometheus },
    ),
    ours('mixer', 'mixer', '@meshwork/mixer/main', [...folders, ...mixerArguments(ports)], {
      grpc: ports.mixer,
      monitoring: ports.mixerMonitoring,
    }),
  ]
}

function pilotArguments(ports: ControlPlanePorts, paths: StatePaths): readonly string[] {
  return [
    ...['--mesh-config', paths.meshConfig],
    ...['--xds-address', local(ports.pilotXds)],
    ...['--http-address', local(ports.pilotDebug)],
  ]
}

function citadelArguments(ports: ControlPlanePorts, paths: StatePaths): readonly string[] {
  return [
    ...['--address', local(ports.citadel)],
    ...['--metrics-address', local(ports.citadelMonitoring)],
    ...['--state-dir', paths.ca],
    ...['--root-cert-out', paths.rootCertificate],
    // The root lives as long as this mesh: quick to make counts for more than a wide choice of verifiers.
    ...['--root-key', 'ec-p256'],
    ...['--jwks-file', paths.keySet],
    ...['--token-issuer', LOCAL_ISSUER],
    ...['--token-audience', CA_AUDIENCE],
    ...['--trust-domain', TRUST_DOMAIN],
  ]
}

function mixerArguments(ports: ControlPlanePorts): readonly string[] {
  return [
    ...['--address', local(ports.mixer)],
    ...['--metrics-address', local(ports.mixerMonitoring)],
    ...['--adapter', `denier=${local(ports.denier)}`],
    ...['--adapter', `prometheus=${local(ports.prometheusAdapter)}`],
  ]
}

function ours(
  name: string,
  role: ProcessRole,
  module: string,
  args: readonly string[],
  ports: Readonly<Record<string, number>>,
): ProcessPlan {
  return { name, role, program: { kind: 'module', module, args }, env: {}, after: [], ports, identity: null }
}

function local(port: number): string {
  return `127.0.0.1:${port}`
}
