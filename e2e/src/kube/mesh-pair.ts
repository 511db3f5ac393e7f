import { runCommand } from '@meshwork/testkit/net'

import { connectClusters } from '../cluster/cluster.ts'
import { inNetworkOf } from '../cluster/namespaces.ts'
import { KubeWorld } from './kube-world.ts'
import { IMAGE_VALUES, MESHCTL } from './run-in-world.ts'
import { APPS_IMAGE } from './test-images.ts'

export type Side = 'east' | 'west'

const NAMESPACE = 'shop'
const WAIT = '--timeout=240s'

/** What came back of a call; status 0 where nothing did, with the reason as body. */
export interface Answer {
  readonly status: number
  readonly body: string
}

/** Two real clusters on one flat network, each with a mesh of its own, whose authorities have one root. */
export class MeshPair {
  private readonly worlds: Readonly<Record<Side, KubeWorld>>

  private constructor(worlds: Readonly<Record<Side, KubeWorld>>) {
    this.worlds = worlds
  }

  static async up(): Promise<MeshPair> {
    const east = await KubeWorld.up('mc-east')
    const west = await KubeWorld.up('mc-west')
    const pair = new MeshPair({ east, west })
    await connectClusters(east.cluster, west.cluster)
    await pair.install('east')
    await pair.shareRoot()
    await pair.install('west')
    await Promise.all([pair.applyApps('east'), pair.applyApps('west')])
    return pair
  }

  async down(side?: Side): Promise<void> {
    const sides = side === undefined ? (['east', 'west'] as const) : [side]
    await Promise.all(sides.map(each => this.worlds[each].down()))
  }

  kubeconfig(side: Side): string {
    return this.worlds[side].cluster.kubeconfig
  }

  /** Where both API servers can be reached. */
  meshctl(...args: readonly string[]): Promise<string> {
    const program = [process.execPath, '--disable-warning=ExperimentalWarning', MESHCTL]
    return runCommand([...inNetworkOf(this.worlds.east.cluster.nodePid), ...program, ...args])
  }

  /** A request from the caller's application in one cluster. */
  async call(from: Side, url: string): Promise<Answer> {
    const command = ['exec', '-n', NAMESPACE, 'caller', '-c', 'app', '--', '/usr/local/bin/apps', 'call', url]
    return JSON.parse((await this.worlds[from].kubectl(...command)).trim())
  }

  private async install(side: Side): Promise<void> {
    const values = [...IMAGE_VALUES, 'global.mtls.enabled=true']
    const sets = [...values, `global.multiCluster.clusterName=${side}`].flatMap(value => ['--set', value])
    await this.meshctl('install', '-y', '--profile', 'minimal', ...sets, '--kubeconfig', this.kubeconfig(side))
  }

  /** The root that citadel of `east` made, for citadel of `west`, before that starts. */
  private async shareRoot(): Promise<void> {
    const { east, west } = this.worlds
    const secret: { readonly data: Readonly<Record<string, string>> } = JSON.parse(
      await east.kubectl('get', 'secret', '-n', 'istio-system', 'istio-ca-secret', '-o', 'json'),
    )
    const root = secret.data['ca-cert.pem'] ?? ''
    const data = { 'ca-cert.pem': root, 'ca-key.pem': secret.data['ca-key.pem'] ?? '', 'root-cert.pem': root, 'cert-chain.pem': root }
    await west.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } })
    await west.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'cacerts', namespace: 'istio-system' }, data })
  }

  /** A caller, and a service `only-east` or `only-west`, whose Service is in both so that its name is known. */
  private async applyApps(side: Side): Promise<void> {
    const world = this.worlds[side]
    await world.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels: { 'istio-injection': 'enabled' } } })
    const services = ['only-east', 'only-west'].map(name => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: NAMESPACE },
      spec: { selector: { app: name }, ports: [{ name: 'http', port: 8080 }] },
    }))
    const accounts = ['caller', `only-${side}`].map(name => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace: NAMESPACE },
    }))
    await world.apply(...services, ...accounts)
    await world.apply(pod('caller', 'wait'), pod(`only-${side}`, 'echo'))
    await world.kubectl('wait', '-n', NAMESPACE, WAIT, '--for=condition=Ready', 'pod', '--all')
  }
}

function pod(name: string, program: string): object {
  const container = { name: 'app', image: APPS_IMAGE, imagePullPolicy: 'Never', args: [program] }
  const spec = { serviceAccountName: name, terminationGracePeriodSeconds: 1, containers: [container] }
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: NAMESPACE, labels: { app: name } }, spec }
}
