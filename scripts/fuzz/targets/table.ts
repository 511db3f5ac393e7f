import type { Plant } from '../instrument.ts'
import type { FuzzTarget } from '../target.ts'

export interface TargetRow {
  /** The defect of `--plant`. */
  readonly plant: Plant
  /** Loads the target, after its sources are instrumented. */
  readonly load: () => Promise<FuzzTarget>
}

export const targets: Readonly<Record<string, TargetRow>> = {
  hpack: {
    plant: { file: '/http2/hpack-encoder.ts', from: 'if (value < mask) {', to: 'if (value <= mask) {' },
    load: async () => (await import('./hpack.ts')).hpack,
  },
  http1: {
    plant: { file: '/http1/message-parser.ts', from: 'Math.max(before - 3, 0)', to: 'Math.max(before - 2, 0)' },
    load: async () => (await import('./http1.ts')).http1,
  },
  http2: {
    plant: { file: '/http2/frame-reader.ts', from: 'if (this.remaining > 0) return end\n', to: 'if (this.remaining > 1) return end\n' },
    load: async () => (await import('./http2.ts')).http2,
  },
  sniff: {
    plant: { file: '/net/client-hello.ts', from: 'if (size < length) return MORE', to: 'if (size + 40 < length) return MORE' },
    load: async () => (await import('./sniff.ts')).sniff,
  },
}
