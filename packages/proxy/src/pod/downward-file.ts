import { accessSync, constants, readFileSync, statSync } from 'node:fs'

/** Kubernetes keeps labels and annotations of one object below 256 KiB in all; quoting at most doubles them. */
const MOST_BYTES = 1024 * 1024

/** The text of a file that the kubelet writes for a pod; undefined if there is none, or none that can be one. */
export function readPodFile(path: string): string | undefined {
  try {
    return statSync(path).size > MOST_BYTES ? undefined : readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

export function isWritableFolder(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

/** Reads a file of the downward API: a line `key="value"` for each label or annotation, the value quoted as Go quotes. */
export function parseDownwardFile(text: string): Readonly<Record<string, string>> {
  const pairs: [string, string][] = []
  for (const line of text.split('\n')) {
    const [, key, quoted] = /^([^=]+)=("(?:[^"\\]|\\.)*")$/.exec(line) ?? []
    if (key !== undefined && quoted !== undefined) pairs.push([key, unquoted(quoted)])
  }
  return Object.fromEntries(pairs)
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['a', '\u0007'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
])

/** Go's escapes are those of JSON and five more: `\a \v \xHH \UHHHHHHHH`, and octal ones. */
function unquoted(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replaceAll(
      /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/g,
      (_, byte?: string, short?: string, long?: string, single?: string) => {
        const code = byte ?? short ?? long
        return code === undefined ? (ESCAPES.get(single ?? '') ?? single ?? '') : codePoint(Number.parseInt(code, 16))
      },
    )
}

function codePoint(code: number): string {
  return code > 0x10_ff_ff ? '\u{fffd}' : String.fromCodePoint(code)
}
