import type { CaptureMode } from './type.ts'

/** Interception as the proxy's own mode says. */
export const DEFAULT_CAPTURE_MODE: CaptureMode = 'DEFAULT'
