import { runCommand } from '@meshwork/testkit/net'

import { loadImage } from '../cluster/cluster.ts'
import { kubectl } from '../cluster/control-plane.ts'
import { inNetworkOf } from '../cluster/namespaces.ts'
import type { EarlierVersion } from './earlier-version.ts'
import { KubeWorld } from './kube-world.ts'
import { IMAGE_VALUES, MESHCTL } from './run-in-world.ts'
import { APPS_IMAGE } from './test-images.ts'

/** Values that let an installation run the images of this clone, where nobody gives addresses to load balancers. */
const OUR_IMAGES = [...IMAGE_VALUES, 'gateways.istio-ingressgateway.type=NodePort']

/** A container that requests are sent from. */
export interface Caller {
  readonly namespace: string
  readonly pod: string
  readonly container?: string
}

export interface CallOptions {
  readonly times?: number
  /** Calls in a second, whatever the answers take; without it four callers take turns, as fast as the machine can. */
  readonly perSecond?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** What came back; status 0 where nothing did, with the reason as body. */
export interface Answer {
  readonly status: number
  readonly ms: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/** A cluster with the mesh in it, as `meshctl install` puts it there. */
export class MeshOnCluster {
  readonly world: KubeWorld
  /** What `meshctl install` said, and how long it took. */
  readonly installed: { readonly output: string; readonly ms: number }

  private constructor(world: KubeWorld, installed: MeshOnCluster['installed']) {
    this.world = world
    this.installed = installed
  }

  /** `settings` are given to `--set`. With `version`, that one is installed, beside the images of this clone. */
  static async up(name: string, settings: readonly string[] = [], version?: EarlierVersion): Promise<MeshOnCluster> {
    const world = await KubeWorld.up(name)
    if (version !== undefined) await loadImage(world.cluster, version.archive)
    const begin = performance.now()
    const output = await (version === undefined ? install(world, settings) : installVersion(world, settings, version))
    return new MeshOnCluster(world, { output, ms: performance.now() - begin })
  }

  down(): Promise<void> {
    return this.world.down()
  }

  /** Installs once more, over what is there, with other settings. */
  meshctlInstall(settings: readonly string[]): Promise<string> {
    return install(this.world, settings)
  }

  meshctl(...args: readonly string[]): Promise<string> {
    return meshctl(this.world, args)
  }

  /** The command line of another version. */
  meshctlOf({ meshctl: program }: EarlierVersion, ...args: readonly string[]): Promise<string> {
    return meshctl(this.world, args, program)
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.world.kubectl(...args)
  }

  /** Applies YAML whose objects name no namespace. */
  async applyTo(namespace: string, text: string): Promise<void> {
    await kubectl(this.world.cluster, ['apply', '-n', namespace, '-f', '-'], text)
  }

  /** A namespace, enrolled unless its labels say otherwise, with a pod `caller` that requests can be sent from. */
  async namespace(name: string, labels: Readonly<Record<string, string>> = { 'istio-injection': 'enabled' }): Promise<Caller> {
    const container = { name: 'app', image: APPS_IMAGE, imagePullPolicy: 'Never', args: ['wait'] }
    await this.world.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } })
    await this.world.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'caller', namespace: name },
      spec: { terminationGracePeriodSeconds: 1, containers: [container] },
    })
    return { namespace: name, pod: 'caller' }
  }

  /** Waits until all pods of a namespace run and are ready. */
  async settled(namespace: string): Promise<void> {
    const wait = ['wait', '-n', namespace, '--timeout=120s']
    const deployments = await this.kubectl('get', 'deployments', '-n', namespace, '-o', 'name')
    if (deployments !== '') await this.kubectl(...wait, '--for=condition=Available', 'deployment', '--all')
    const pods = await this.kubectl('get', 'pods', '-n', namespace, '--field-selector=status.phase!=Succeeded', '-o', 'name')
    await this.kubectl(...wait, '--for=condition=Ready', ...pods.trim().split('\n'))
  }

  /** Requests from within a pod, sent by its application. */
  async call({ namespace, pod, container = 'app' }: Caller, url: string, options: CallOptions = {}): Promise<readonly Answer[]> {
    const { times = 1, perSecond = 0, headers = {} } = options
    const told = Object.entries(headers).map(([name, value]) => `${name}:${value}`)
    const command = ['/usr/local/bin/apps', 'call', url, String(times), String(perSecond), ...told]
    const lines = await this.kubectl('exec', '-n', namespace, pod, '-c', container, '--', ...command)
    return lines
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
  }
}

function install(world: KubeWorld, settings: readonly string[]): Promise<string> {
  return meshctl(world, ['install', '-y', ...setsOf([...OUR_IMAGES, ...settings])])
}

function installVersion(world: KubeWorld, settings: readonly string[], { meshctl: program, tag }: EarlierVersion): Promise<string> {
  return meshctl(world, ['install', '-y', ...setsOf([...OUR_IMAGES, `global.tag=${tag}`, ...settings])], program)
}

function setsOf(settings: readonly string[]): readonly string[] {
  return settings.flatMap(setting => ['--set', setting])
}

function meshctl(world: KubeWorld, args: readonly string[], program: string = MESHCTL): Promise<string> {
  const words = [process.execPath, '--disable-warning=ExperimentalWarning', program, ...args, '--kubeconfig', world.cluster.kubeconfig]
  return runCommand([...inNetworkOf(world.cluster.nodePid), ...words])
}
