import { open } from 'node:fs/promises'

const TAIL_BYTES = 8192
const LONGEST = 300

/** Why a process ended, by the end of its log: the message of its last JSON line, or its last line that names an error. */
export async function lastWords(log: string): Promise<string | undefined> {
  const lines = (await tail(log)).split('\n').filter(line => line.trim() !== '')
  const line = lines.findLast(isTelling)
  return line === undefined ? undefined : messageOf(line).slice(0, LONGEST)
}

async function tail(log: string): Promise<string> {
  const file = await open(log).catch(() => undefined)
  if (file === undefined) return ''
  try {
    const { size } = await file.stat()
    const { buffer, bytesRead } = await file.read({ position: Math.max(0, size - TAIL_BYTES), buffer: Buffer.alloc(TAIL_BYTES) })
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Neither a frame of a stack nor the words that Node adds to every crash. */
function isTelling(line: string): boolean {
  return line.startsWith('{"')
    ? line.includes('"level":"error"')
    : /^\S*(?:error|exception|fatal)/i.test(line.trim()) && !line.includes('ExperimentalWarning')
}

function messageOf(line: string): string {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null && 'error' in value) return String(value.error)
    if (typeof value === 'object' && value !== null && 'message' in value) return String(value.message)
  } catch {
    // A line of text, then.
  }
  return line.trim()
}
