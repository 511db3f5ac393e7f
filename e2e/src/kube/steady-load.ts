import type { Answer, Caller, MeshOnCluster } from './mesh-on-cluster.ts'

/** Requests at a steady rate from within a pod, until it is stopped. */
export class SteadyLoad {
  private readonly answers: Answer[] = []
  private readonly sending: Promise<void>
  private isRunning = true

  constructor(mesh: MeshOnCluster, caller: Caller, url: string, perSecond: number) {
    this.sending = this.send(mesh, caller, url, perSecond)
    // Whoever stops it is told.
    this.sending.catch(() => undefined)
  }

  /** All answers. Rejects if the pod that sends failed. */
  async stop(): Promise<readonly Answer[]> {
    this.isRunning = false
    await this.sending
    return this.answers
  }

  private async send(mesh: MeshOnCluster, caller: Caller, url: string, perSecond: number): Promise<void> {
    while (this.isRunning) this.answers.push(...(await mesh.call(caller, url, { times: 2 * perSecond, perSecond })))
  }
}
