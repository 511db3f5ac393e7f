import { FileSource, readFiles } from '@meshwork/config/file'
import { DEFAULT_MESH_CONFIG, isKind, type MeshConfigSpec } from '@meshwork/config/kinds'
import type { ConfigSource } from '@meshwork/config/source'
import { parseSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import { runProcess } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { formatViolation, MeshError } from '@meshwork/core/result'
import { systemClock } from '@meshwork/core/time'
import { Command, InvalidArgumentError } from 'commander'
import { createPilot, type Pilot } from './serve/pilot.ts'

interface Flags {
  readonly configDir: readonly string[]
  readonly xdsAddress: readonly SocketAddress[]
  readonly httpAddress: SocketAddress
  readonly meshConfig?: string
  readonly domain: string
  readonly debounceAfter: number
  readonly debounceMax: number
}

const LONGEST_DEBOUNCE_MS = 3_600_000

function milliseconds(text: string): number {
  const value = Number(text)
  if (text === '' || !Number.isInteger(value) || value < 0 || value > LONGEST_DEBOUNCE_MS) {
    throw new InvalidArgumentError(`write whole milliseconds from 0 to ${LONGEST_DEBOUNCE_MS}`)
  }
  return value
}

function append(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value]
}

function address(text: string): SocketAddress {
  const parsed = parseSocketAddress(text)
  if (parsed.kind === 'err') throw new InvalidArgumentError(parsed.error)
  return parsed.value
}

function appendAddress(text: string, previous: readonly SocketAddress[] | undefined): readonly SocketAddress[] {
  return [...(previous ?? []), address(text)]
}

function parseFlags(argv: readonly string[]): Flags {
  const command = new Command('meshwork-pilot')
    .description('Turns mesh configuration into what proxies run, and serves it over xDS.')
    .requiredOption('--config-dir <dir>', 'folder or file with YAML; may be repeated', append)
    .option('--xds-address <address>', 'host:port or unix:/path for proxies; may be repeated (default 127.0.0.1:15010)', appendAddress)
    .option('--http-address <address>', 'host:port of debug pages and metrics', address, address('127.0.0.1:15014'))
    .option('--mesh-config <file>', 'file with a MeshConfig object')
    .option('--domain <domain>', 'domain of the cluster, which ends the names of services', 'cluster.local')
    .option('--debounce-after <ms>', 'quiet time before a change of configuration is pushed', milliseconds, 20)
    .option('--debounce-max <ms>', 'longest time that a change may wait', milliseconds, 10_000)
  const options = command.parse(argv).opts<Omit<Flags, 'xdsAddress'> & { readonly xdsAddress?: readonly SocketAddress[] }>()
  return { ...options, xdsAddress: options.xdsAddress ?? [address('127.0.0.1:15010')] }
}

async function meshConfigOf(file: string | undefined): Promise<MeshConfigSpec> {
  if (file === undefined) return DEFAULT_MESH_CONFIG
  const { objects, rejections } = await readFiles(file)
  const [rejection] = rejections
  if (rejection !== undefined) {
    const reasons = rejection.violations.map(v => `${file}:${v.line}: ${formatViolation(v)}`).join('\n')
    throw new MeshError('MESH_CONFIG_INVALID', reasons, { source: 'config', nextStep: 'correct the file and start again' })
  }
  const found = objects.find(object => isKind(object, 'MeshConfig'))
  if (found === undefined || !isKind(found, 'MeshConfig')) {
    throw new MeshError('MESH_CONFIG_INVALID', `${file} has no object of kind MeshConfig`, {
      source: 'config',
      nextStep: 'begin the file with apiVersion: meshwork.dev/v1 and kind: MeshConfig',
    })
  }
  return found.spec
}

function sourcesOf(directories: readonly string[]): ReadonlyMap<string, ConfigSource> {
  return new Map(directories.map(root => [root, new FileSource({ root, clock: systemClock })]))
}

async function build(flags: Flags, log: Logger): Promise<Pilot> {
  return createPilot({
    sources: sourcesOf(flags.configDir),
    mesh: await meshConfigOf(flags.meshConfig),
    clusterDomain: flags.domain,
    xdsAddresses: flags.xdsAddress,
    httpAddress: flags.httpAddress,
    quietMs: flags.debounceAfter,
    maxMs: flags.debounceMax,
    clock: systemClock,
    log,
  })
}

const flags = parseFlags(process.argv)
await runProcess('pilot', async log => (await build(flags, log)).runners)
