/** Time between looks at the main thread. */
export const LOOK_MS = 50
/** Silence that is reported. The main thread beats every `BEAT_MS`. */
export const STALL_MS = 300
/** Silence after which the process is ended, so that its supervisor starts another. */
export const HOPELESS_MS = 5_000
/** How often the main thread shows that it turns. */
export const BEAT_MS = 100

export interface StallThreadData {
  /** One number, which the main thread counts up. */
  readonly beats: Int32Array<SharedArrayBuffer>
  /** A process under a debugger stands still at will. */
  readonly mayEnd: boolean
}
