/** Larger counts than RE2 takes count as this: the expression is refused anyway. */
const MAX_COUNT = 1000
const COUNTED = /^\{(\d+)(?:,(\d*))?\}/

/**
 * About how many instructions an RE2 expression compiles to, told from its text in one pass: a character or class is one, a counted
 * repetition is its largest count times what it repeats. Compiling and every match cost time in proportion, and `\pL{1,999}` forty
 * times over is short to write.
 */
export function regexSize(pattern: string): number {
  /** Sizes of the groups that are open, outermost first. */
  const open: number[] = []
  let size = 0
  let last = 0
  for (let at = 0; at < pattern.length;) {
    const counted = pattern[at] === '{' ? COUNTED.exec(pattern.slice(at, at + 16)) : null
    if (counted !== null) {
      size += last * (countOf(counted) - 1)
      last *= countOf(counted)
      at += counted[0].length
      continue
    }
    const end = atomEnd(pattern, at)
    if (pattern[at] === '(') {
      open.push(size)
      size = 0
    } else if (pattern[at] === ')') {
      last = size + 2
      size = (open.pop() ?? 0) + last
    } else {
      last = 1
      size++
    }
    at = end
  }
  return open.reduce((sum, outer) => sum + outer, size)
}

/** At least 1: what is repeated no times was compiled all the same. */
function countOf([, least = '1', most]: RegExpExecArray): number {
  return Math.min(Math.max(Number(most === undefined || most === '' ? least : most), 1), MAX_COUNT)
}

/** Where the character, escape or class that begins at `at` ends. */
function atomEnd(pattern: string, at: number): number {
  if (pattern[at] === '\\')
    return pattern[at + 1]?.toLowerCase() === 'p' && pattern[at + 2] === '{' ? closing(pattern, '}', at + 3) : at + 2
  return pattern[at] === '[' ? classEnd(pattern, at) : at + 1
}

/** A `]` right at the beginning of a class, and an escaped one, belong to it. */
function classEnd(pattern: string, at: number): number {
  let next = pattern[at + 1] === '^' ? at + 2 : at + 1
  if (pattern[next] === ']') next++
  while (next < pattern.length && pattern[next] !== ']') next += pattern[next] === '\\' ? 2 : 1
  return next + 1
}

function closing(pattern: string, end: string, from: number): number {
  const found = pattern.indexOf(end, from)
  return found < 0 ? pattern.length : found + 1
}
