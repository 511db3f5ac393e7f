import { type Debugger, Session } from 'node:inspector'

/** Frames that are reported, innermost first. */
const MAX_FRAMES = 20

/**
 * What the main thread is doing, asked from another thread while it does not answer: V8 stops it between two instructions, tells the
 * stack, and lets it go on. Never called if it is in native code until that returns.
 */
export function mainThreadStack(told: (frames: readonly string[]) => void): void {
  const session = new Session()
  session.connectToMainThread()
  session.once('Debugger.paused', ({ params }) => {
    session.post('Debugger.resume')
    session.disconnect()
    told(params.callFrames.slice(0, MAX_FRAMES).map(frameText))
  })
  session.post('Debugger.enable')
  session.post('Debugger.pause')
}

function frameText({ functionName, url, location }: Debugger.CallFrame): string {
  return `${functionName === '' ? '<anonymous>' : functionName} (${url}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1})`
}
