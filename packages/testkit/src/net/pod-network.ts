import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'

import { type InterceptionOptions, interceptionRules } from './interception.ts'
import { runCommand } from './run-command.ts'

/** A pod with a network namespace of its own. */
export interface PodSpec {
  /** Unique within the network, a few letters. */
  readonly name: string
  readonly address: string
  /** null: connections are left alone, as on a gateway. */
  readonly interception: InterceptionOptions | null
}

export interface PodNetworkSpec {
  readonly pods: readonly PodSpec[]
  /** Addresses that live outside of all pods, in the switch's own namespace: servers and callers without a proxy. */
  readonly plainAddresses: readonly string[]
  /** Prefix length of the network all addresses are in. */
  readonly prefixLength: number
  /** Address of the switch, where pods send what is outside of the network. Such packets are answered "unreachable". */
  readonly gateway: string
}

const NAMESPACE_FOLDER = '/var/run/netns'

/** Why namespaces cannot be used here, or null. */
export function podNetworkObstacle(): string | null {
  if (process.platform !== 'linux') return 'network namespaces need Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  for (const tool of ['ip', 'iptables-restore', 'setpriv']) {
    if (spawnSync('which', [tool]).status !== 0) return `the command ${tool} is not installed`
  }
  return null
}

/**
 * Pods as network namespaces around a bridge, as a cluster's node has them. Owns its namespaces and deletes them on disposal,
 * and also when the process exits without disposing. Namespaces left by a killed test run are removed when the next network is made.
 */
export class PodNetwork implements AsyncDisposable {
  private readonly prefix: string
  private readonly names: string[] = []
  private readonly onExit = (): void => this.removeNow()

  private constructor(prefix: string) {
    this.prefix = prefix
    process.once('exit', this.onExit)
  }

  static async create(spec: PodNetworkSpec): Promise<PodNetwork> {
    removeOrphans()
    const network = new PodNetwork(`mw${process.pid}-${randomBytes(2).toString('hex')}-`)
    try {
      await network.build(spec)
      return network
    } catch (error) {
      await network[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Words to put before a command so that it runs in the pod. */
  enterPod(name: string): readonly string[] {
    return ['ip', 'netns', 'exec', this.prefix + name]
  }

  /** Words to put before a command so that it runs where the plain addresses are. */
  enterSwitch(): readonly string[] {
    return this.enterPod('switch')
  }

  [Symbol.asyncDispose](): Promise<void> {
    process.removeListener('exit', this.onExit)
    this.removeNow()
    return Promise.resolve()
  }

  private async build(spec: PodNetworkSpec): Promise<void> {
    await this.addNamespace('switch')
    for (const pod of spec.pods) await this.addNamespace(pod.name)
    await runCommand(['ip', '-n', `${this.prefix}switch`, '-batch', '-'], this.switchCommands(spec))
    await runCommand([...this.enterSwitch(), 'sysctl', '-q', '-w', 'net.ipv4.ip_forward=1', 'net.ipv4.ip_unprivileged_port_start=0'])
    await Promise.all(spec.pods.map(pod => this.buildPod(pod, spec)))
  }

  private async addNamespace(name: string): Promise<void> {
    this.names.push(this.prefix + name)
    await runCommand(['ip', 'netns', 'add', this.prefix + name])
  }

  private switchCommands(spec: PodNetworkSpec): string {
    const own = [spec.gateway, ...spec.plainAddresses].map(address => `address add ${address}/${spec.prefixLength} dev mesh`)
    const cables = spec.pods.flatMap((pod, index) => [
      `link add pod${index} type veth peer name eth0 netns ${this.prefix}${pod.name}`,
      `link set pod${index} master mesh`,
      `link set pod${index} up`,
    ])
    const lines = ['link set lo up', 'link add mesh type bridge', 'link set mesh up', ...own, ...cables]
    return [...lines, 'route add unreachable default', ''].join('\n')
  }

  private async buildPod(pod: PodSpec, spec: PodNetworkSpec): Promise<void> {
    const commands = [
      'link set lo up',
      `address add ${pod.address}/${spec.prefixLength} dev eth0`,
      'link set eth0 up',
      `route add default via ${spec.gateway}`,
      '',
    ]
    await runCommand(['ip', '-n', this.prefix + pod.name, '-batch', '-'], commands.join('\n'))
    // The proxy is not root, yet gateways listen on port 80.
    await runCommand([...this.enterPod(pod.name), 'sysctl', '-q', '-w', 'net.ipv4.ip_unprivileged_port_start=0'])
    if (pod.interception === null) return
    await runCommand([...this.enterPod(pod.name), 'iptables-restore'], interceptionRules(pod.interception))
  }

  private removeNow(): void {
    for (const name of this.names.splice(0)) removeNamespace(name)
  }
}

function removeNamespace(name: string): void {
  spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' })
}

function removeOrphans(): void {
  if (!existsSync(NAMESPACE_FOLDER)) return
  for (const name of readdirSync(NAMESPACE_FOLDER)) {
    const owner = /^mw(\d+)-[0-9a-f]+-/.exec(name)?.[1]
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) removeNamespace(name)
  }
}
