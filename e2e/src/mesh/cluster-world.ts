import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePort, PodNetwork, runCommand } from '@meshwork/testkit/net'
import { builtProgram, type Child, siblingProgram, startProgram } from '@meshwork/testkit/process'

import { clusterObjects, type Joining, NETWORK, PODS, type WorldPod } from './cluster-world-objects.ts'
import { TokenIssuer } from './token-issuer.ts'

const PROXY_UID = 1337
const SWITCH = '10.45.0.1'
const CITADEL = `${SWITCH}:15012`
const APP_PORT = 8080
const PROXY_LIMIT_MS = 60_000
const INTERCEPTION = { proxyUid: PROXY_UID, outboundPort: 15_001, inboundPort: 15_006, excludedInboundPorts: [15_021] }

export interface ClusterWorldOptions {
  /** On networks apart, pods of one cluster have no way to those of the other; what joins them is a gateway in front of each. */
  readonly joining: Joining
  /** More configuration, for the cluster of the control plane. */
  readonly rules: string
}

/**
 * Two clusters, `east` with the control plane and `west`, as two folders of objects and as network namespaces: in each a client, an
 * application and, where they are apart, a gateway, all of them behind proxies of the mesh that get their identities from one citadel.
 */
export class ClusterWorld implements AsyncDisposable {
  private readonly network: PodNetwork
  private readonly resources = new AsyncDisposableStack()
  private readonly folder = mkdtempSync(join(tmpdir(), 'mesh-clusters-'))
  private readonly issuer = new TokenIssuer('clusters')
  private readonly apps = new Map<string, Child>()
  private pilotHttp = 0

  private constructor(network: PodNetwork) {
    this.network = this.resources.use(network)
    chmodSync(this.folder, 0o755)
    this.resources.defer(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  static async start({ joining, rules }: ClusterWorldOptions): Promise<ClusterWorld> {
    const apart = joining !== 'one-network'
    const pods = PODS.map(({ name, address, kind }) => ({ name, address, interception: kind === 'router' ? null : INTERCEPTION }))
    const world = new ClusterWorld(await PodNetwork.create({ pods, plainAddresses: [], prefixLength: 16, gateway: SWITCH }))
    try {
      if (apart) await world.divide()
      await world.startControlPlane(joining, rules)
      // One after the other: programs that all start at once starve each other on a small machine.
      for (const pod of PODS) if (apart || pod.kind === 'sidecar') await world.startPod(pod)
      return world
    } catch (error) {
      await world[Symbol.asyncDispose]()
      throw error
    }
  }

  /** What curl prints for a call from the client of a cluster. */
  call(cluster: 'east' | 'west', url: string, ...flags: readonly string[]): Promise<string> {
    return runCommand([...this.network.enterPod(`${cluster}-client`), 'curl', '-sS', '-m', '10', ...flags, url])
  }

  /** Writes the objects of the other cluster. */
  writeWest(text: string): void {
    writeFileSync(join(this.folder, 'west', 'objects.yaml'), text)
  }

  async stopApp(pod: string): Promise<void> {
    await this.apps.get(pod)?.stop()
  }

  async page(path: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.pilotHttp}${path}`)).text()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.resources.disposeAsync()
  }

  /** Each pod of a cluster loses its way to those of the other. Gateways stand between the networks, and have to answer callers. */
  private async divide(): Promise<void> {
    for (const { name, cluster, kind } of PODS) {
      if (kind === 'router') continue
      const other = cluster === 'east' ? NETWORK.west : NETWORK.east
      await runCommand([...this.network.enterPod(name), 'ip', 'route', 'add', 'unreachable', other])
    }
  }

  private async startControlPlane(joining: Joining, rules: string): Promise<void> {
    for (const cluster of ['east', 'west'] as const) {
      mkdirSync(join(this.folder, cluster))
      const text = clusterObjects(cluster, joining) + (cluster === 'east' ? rules : '')
      writeFileSync(join(this.folder, cluster, 'objects.yaml'), text)
    }
    writeFileSync(join(this.folder, 'keys.json'), this.issuer.keys)
    const at = (name: string): string => join(this.folder, name)
    const citadel = ['--state-dir', at('ca'), '--jwks-file', at('keys.json'), '--address', CITADEL, '--root-cert-out', at('root.pem')]
    // Proxies that know it by its address ask for this name.
    const names = ['--server-names', 'istiod.istio-system.svc', '--metrics-address', `${SWITCH}:15015`]
    const authority = startProgram(builtProgram('citadel/main'), {
      name: 'citadel',
      args: [...citadel, ...names],
      prefix: this.network.enterSwitch(),
    })
    this.pilotHttp = await freePort()
    const sources = ['--config-dir', at('east'), '--cluster-id', 'east', '--cluster-dir', `west=${at('west')}`]
    const addresses = ['--xds-address', `unix:${at('xds.sock')}`, '--http-address', `127.0.0.1:${this.pilotHttp}`]
    const pilot = startProgram(builtProgram('pilot/main'), { name: 'pilot', args: [...sources, ...addresses] })
    this.resources.use(authority)
    this.resources.use(pilot)
    await Promise.all([authority.whenReady(), pilot.whenReady()])
    chmodSync(at('xds.sock'), 0o777)
  }

  private async startPod(pod: WorldPod): Promise<void> {
    const { name, kind } = pod
    const prefix = this.network.enterPod(name)
    if (kind === 'sidecar') {
      const environment = { HOST: '0.0.0.0', PORT: String(APP_PORT), ECHO_NAME: name }
      const app = startProgram(siblingProgram('../apps/echo', import.meta.url), { name, args: [], environment, prefix })
      this.apps.set(name, this.resources.use(app))
    }
    const asProxy = ['setpriv', `--reuid=${PROXY_UID}`, `--regid=${PROXY_UID}`, '--clear-groups']
    const proxy = startProgram(builtProgram('proxy/main'), {
      name: `proxy ${name}`,
      args: this.proxyArgs(pod),
      prefix: [...prefix, ...asProxy],
    })
    this.resources.use(proxy)
    await proxy.whenReady(PROXY_LIMIT_MS)
  }

  private proxyArgs({ name, cluster, address, kind, namespace, labels }: WorldPod): readonly string[] {
    const token = join(this.folder, `${name}.token`)
    const claims = { aud: 'istio-ca' }
    writeFileSync(token, this.issuer.token(`system:serviceaccount:${namespace}:${name}`, claims), { mode: 0o644 })
    const text = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
    const identity = ['--namespace', namespace, '--service-account', name, '--ca', CITADEL, '--token', token]
    return [
      ...['--node', `${kind}~${address}~${name}.${namespace}~${namespace}.svc.cluster.local`, '--labels', text.join(',')],
      ...['--interception', kind === 'router' ? 'NONE' : 'REDIRECT', '--cluster-id', cluster],
      ...['--xds', `unix:${join(this.folder, 'xds.sock')}`, ...identity, '--ca-root', join(this.folder, 'root.pem')],
    ]
  }
}
