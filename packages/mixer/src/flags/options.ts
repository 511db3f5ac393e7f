import { parseSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import { MeshError } from '@meshwork/core/result'
import { Command, InvalidArgumentError } from 'commander'

/** What Mixer is told when it starts. */
export interface MixerOptions {
  readonly configDir?: readonly string[]
  readonly inCluster?: boolean
  readonly kubeconfig?: string
  readonly address: SocketAddress
  readonly metricsAddress: SocketAddress
  readonly adapter: ReadonlyMap<string, string>
  readonly configDefaultNamespace: string
}

function address(text: string): SocketAddress {
  const parsed = parseSocketAddress(text)
  if (parsed.kind === 'err') throw new InvalidArgumentError(parsed.error)
  return parsed.value
}

function loopback(port: number): SocketAddress {
  return address(`127.0.0.1:${port}`)
}

function adapterAddress(text: string, before: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [, name, place] = /^([a-z][a-z0-9-]*)=(.+)$/.exec(text) ?? []
  if (name === undefined || place === undefined) throw new InvalidArgumentError('must be NAME=HOST:PORT, denier=127.0.0.1:4100 for example')
  return new Map([...before, [name, place]])
}

function appended(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text]
}

/** Reads the command line; commander prints help and mistakes itself. */
export function parseMixerOptions(argv: readonly string[]): MixerOptions {
  const options = new Command('meshwork-mixer')
    .description('answers the policy questions of proxies and takes their reports')
    .option('--config-dir <directory>', 'where rules, handlers and instances are, in YAML files; may be repeated', appended)
    .option('--in-cluster', 'read them from the cluster in which this runs as a pod')
    .option('--kubeconfig <file>', 'read them from the cluster of this kubeconfig')
    .option('--address <host:port>', 'where Check and Report are served', address, loopback(9091))
    .option('--metrics-address <host:port>', 'where /metrics, /version and /ready are served', address, loopback(9093))
    .option(
      '--adapter <name=host:port>',
      'where an adapter runs that handlers name without an address; may be repeated',
      adapterAddress,
      new Map(),
    )
    .option('--config-default-namespace <namespace>', 'the namespace whose rules apply to all traffic', 'istio-system')
    .parse([...argv], { from: 'user' })
    .opts<MixerOptions>()
  if (options.configDir !== undefined || options.kubeconfig !== undefined || options.inCluster === true) return options
  throw new MeshError('BAD_FLAG', 'there is no configuration to read', {
    source: 'config',
    nextStep: 'give --config-dir DIRECTORY, --in-cluster or --kubeconfig FILE',
  })
}
