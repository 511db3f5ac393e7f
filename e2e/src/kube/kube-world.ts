import { clusterDown, type Cluster, clusterUp, loadImage } from '../cluster/cluster.ts'
import { kubectl } from '../cluster/control-plane.ts'
import { prepareMachine } from '../cluster/prepare-machine.ts'
import type { ImageArchive } from '../images/build-images.ts'
import { recordRights } from './rights-record.ts'
import { testImages } from './test-images.ts'

const LONGEST_WAIT = '--request-timeout=120s'

/** A cluster of a spec file's own, with the images of this clone in it. */
export class KubeWorld {
  /** Of the scenario. */
  readonly name: string
  readonly cluster: Cluster
  readonly images: ImageArchive

  private constructor(name: string, cluster: Cluster, images: ImageArchive) {
    this.name = name
    this.cluster = cluster
    this.images = images
  }

  /** Images are built and the machine prepared first, where that was not done before: minutes on a fresh machine. */
  static async up(name: string): Promise<KubeWorld> {
    const say = (line: string): boolean => process.stderr.write(`${line}\n`)
    await prepareMachine(say)
    const images = await testImages(say)
    const cluster = await clusterUp(`${name}-${process.pid}`, say)
    await loadImage(cluster, images.path)
    return new KubeWorld(name, cluster, images)
  }

  /** Takes the cluster with all that is in it. */
  async down(): Promise<void> {
    recordRights(this.name, this.cluster.node.file('log', 'audit.jsonl'))
    await clusterDown(this.cluster.name)
  }

  /** kubectl as administrator. Gives its output; rejects with what it complained about. */
  kubectl(...args: readonly string[]): Promise<string> {
    return kubectl(this.cluster, [...args, ...(args.includes('exec') ? [] : [LONGEST_WAIT])])
  }

  /** Applies objects, or YAML text of them. */
  async apply(...objects: readonly (object | string)[]): Promise<void> {
    for (const text of objects.filter(each => typeof each === 'string')) await kubectl(this.cluster, ['apply', '-f', '-'], text)
    const items = objects.filter(each => typeof each === 'object')
    if (items.length > 0) await kubectl(this.cluster, ['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
  }
}
