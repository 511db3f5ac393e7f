import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import { type FilterDeps, type FilterStatus, type FilterStream, PAUSE } from '../filter.ts'

/** A slice of a second after which the next bytes may go. */
const SLICE_MS = 50
const SLICES_PER_SECOND = 1000 / SLICE_MS
const NOTHING = Buffer.alloc(0)

/** Lets a response's body through at a limited rate. Holds one chunk at a time; the upstream waits. */
export class ResponseBrake implements TimerOwner {
  private readonly stream: FilterStream
  private readonly deps: FilterDeps
  private readonly bytesPerSlice: number
  private readonly timer: WheelTimer = new WheelTimer(this, 0)
  private held: Buffer = NOTHING
  private lastMs = 0

  /** `kbps`: KiB a second. */
  constructor(stream: FilterStream, deps: FilterDeps, kbps: number) {
    this.stream = stream
    this.deps = deps
    this.bytesPerSlice = Math.max(1, Math.floor((kbps * 1024) / SLICES_PER_SECOND))
  }

  onData(chunk: Buffer): FilterStatus {
    this.held = Buffer.from(chunk)
    this.stream.replaceResponseData(NOTHING)
    // The first bytes go at once, later ones not before their time.
    this.deps.wheel.set(this.timer, this.lastMs === 0 ? 1 : SLICE_MS)
    return PAUSE
  }

  onTimer(): void {
    const now = this.deps.clock.monotonicMs()
    const slices = this.lastMs === 0 ? 1 : Math.max(1, Math.floor((now - this.lastMs) / SLICE_MS))
    this.lastMs = now
    const piece = this.held.subarray(0, slices * this.bytesPerSlice)
    this.held = this.held.subarray(piece.length)
    this.stream.injectResponseData(this.deps.slot, piece)
    if (this.held.length > 0) this.deps.wheel.set(this.timer, SLICE_MS)
    else this.stream.resumeResponse(this.deps.slot)
  }

  close(): void {
    this.deps.wheel.clear(this.timer)
  }
}
