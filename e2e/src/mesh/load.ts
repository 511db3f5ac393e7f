import { sleep, systemClock } from '@meshwork/core/time'

import type { MeshReply } from '../backend/mesh.ts'

export interface LoadResult {
  readonly sent: number
  /** Replies other than 200, in order. */
  readonly failures: readonly MeshReply[]
}

/** Requests one after the other on `lanes` lanes until stopped, with a short pause so that the machine is shared. */
export class Load {
  private readonly send: () => Promise<MeshReply>
  private readonly lanes: Promise<void>[]
  private readonly failures: MeshReply[] = []
  private sent = 0
  private stopped = false

  constructor(send: () => Promise<MeshReply>, lanes: number = 2) {
    this.send = send
    this.lanes = Array.from({ length: lanes }, () => this.run())
  }

  async stop(): Promise<LoadResult> {
    this.stopped = true
    await Promise.all(this.lanes)
    return { sent: this.sent, failures: this.failures }
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const reply = await this.send()
      this.sent++
      if (reply.status !== 200) this.failures.push(reply)
      await sleep(systemClock, PAUSE_MS)
    }
  }
}

const PAUSE_MS = 5
