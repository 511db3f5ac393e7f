import type { TcpCheckConfig } from '../../../model/health-check.ts'
import type { Transport } from '../../../net/transport.ts'
import type { CheckTarget } from '../check-target.ts'
import type { Checker, CheckerOwner, CheckResult } from '../checker.ts'
import { holdsInOrder } from '../payload-match.ts'
import { CheckConnection, type CheckConnectionOwner } from './check-connection.ts'

/** More than this without the expected bytes is no answer. */
const MAX_ANSWER_BYTES = 64 * 1024

/** `HealthCheck.TcpHealthCheck`: connects, maybe sends bytes and looks for others in what comes back. */
export class TcpChecker implements Checker, CheckConnectionOwner {
  private readonly config: TcpCheckConfig
  private readonly target: CheckTarget
  private readonly owner: CheckerOwner
  private readonly reuse: boolean
  private connection: CheckConnection | null = null
  private running = false
  private received: Buffer = Buffer.alloc(0)

  constructor(config: TcpCheckConfig, target: CheckTarget, owner: CheckerOwner, reuse: boolean) {
    this.config = config
    this.target = target
    this.owner = owner
    // What only shows that connecting works must connect each time.
    this.reuse = reuse && config.receive.length > 0
  }

  start(): void {
    this.running = true
    this.received = Buffer.alloc(0)
    const kept = this.connection
    if (kept?.transport !== undefined && kept.transport !== null) {
      this.onConnected(kept.transport)
      return
    }
    this.connection = new CheckConnection(this.target, this)
    this.connection.open()
  }

  cancel(): void {
    this.running = false
    this.close()
  }

  close(): void {
    this.running = false
    const { connection } = this
    this.connection = null
    connection?.close()
  }

  onConnected(transport: Transport): void {
    if (!this.running) return
    if (this.config.receive.length === 0) this.finish('fit')
    else if (this.config.send !== null) transport.writeBytes(this.config.send)
  }

  onBytes(bytes: Buffer): void {
    if (!this.running) return
    this.received = Buffer.concat([this.received, bytes])
    if (holdsInOrder(this.received, this.config.receive)) this.finish('fit')
    else if (this.received.length > MAX_ANSWER_BYTES) this.finish('network')
  }

  onLost(): void {
    this.connection = null
    if (this.running) this.finish('network')
  }

  private finish(result: CheckResult): void {
    this.running = false
    if (result !== 'fit' || !this.reuse) this.close()
    this.owner.onChecked(result)
  }
}
