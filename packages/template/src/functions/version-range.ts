import { TemplateFault } from '../engine/template-error.ts'

export interface Version {
  readonly numbers: readonly [bigint, bigint, bigint]
  readonly prerelease: string
  readonly build: string
}

const VERSION = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*))?(?:\+([\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*))?$/

/** Reads `v1.2.3-rc.1+build`; minor and patch may be missing. */
export function parseVersion(text: string): Version | undefined {
  const match = VERSION.exec(text.trim())
  if (match === null) return undefined
  return {
    numbers: [BigInt(match[1] ?? 0), BigInt(match[2] ?? 0), BigInt(match[3] ?? 0)],
    prerelease: match[4] ?? '',
    build: match[5] ?? '',
  }
}

export function versionText(version: Version): string {
  return version.numbers.join('.') + (version.prerelease && `-${version.prerelease}`) + (version.build && `+${version.build}`)
}

/** Negative if `left` is older. Build metadata does not count. */
export function compareVersions(left: Version, right: Version): number {
  for (const [index, number] of left.numbers.entries()) {
    const other = right.numbers[index] ?? 0n
    if (number !== other) return number < other ? -1 : 1
  }
  return comparePrereleases(left.prerelease, right.prerelease)
}

function comparePrereleases(left: string, right: string): number {
  if (left === right) return 0
  if (left === '' || right === '') return left === '' ? 1 : -1
  const mine = left.split('.')
  const others = right.split('.')
  for (const [index, part] of mine.entries()) {
    const other = others[index]
    if (other === undefined) return 1
    if (part !== other) return compareIdentifiers(part, other)
  }
  return -1
}

function compareIdentifiers(left: string, right: string): number {
  const numeric = /^\d+$/
  if (numeric.test(left) && numeric.test(right)) return BigInt(left) < BigInt(right) ? -1 : 1
  if (numeric.test(left) !== numeric.test(right)) return numeric.test(left) ? -1 : 1
  return left < right ? -1 : 1
}

const TERM =
  /^(=|==|!=|>|<|>=|=>|<=|=<|~|~>|\^)?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-([\dA-Za-z.-]+))?(?:\+[\dA-Za-z.-]+)?$/
const HYPHEN = /(\S+)\s+-\s+(\S+)/g

/**
 * Whether a version lies in a range such as `>=1.20-0 <2 || ^3`. A pre-release is only in ranges that name one themselves.
 * Throws a TemplateFault for a range that cannot be read.
 */
export function satisfies(version: Version, range: string): boolean {
  return range.split('||').some(alternative => {
    const terms = alternative
      .replaceAll(HYPHEN, '>=$1 <=$2')
      .replaceAll(/([=!<>~^]+)\s+/g, '$1')
      .split(/[\s,]+/)
      .filter(term => term !== '')
    if (terms.length === 0) throw badRange(range)
    return terms.every(term => satisfiesTerm(version, term, range))
  })
}

function badRange(range: string): TemplateFault {
  return new TemplateFault(`'${range}' is no range of versions`, 'write it as >=1.2 <2, ~1.2, ^1.2.3 or 1.2.x')
}

function satisfiesTerm(version: Version, term: string, range: string): boolean {
  const match = TERM.exec(term)
  if (match === null) throw badRange(range)
  const parts = [match[2], match[3], match[4]].map(part => (part === undefined || /[xX*]/.test(part) ? undefined : BigInt(part)))
  const given = parts.includes(undefined) ? parts.indexOf(undefined) : 3
  const prerelease = match[5] ?? ''
  if (version.prerelease !== '' && prerelease === '') return false
  const bound: Version = {
    numbers: [parts[0] ?? 0n, given > 1 ? (parts[1] ?? 0n) : 0n, given > 2 ? (parts[2] ?? 0n) : 0n],
    prerelease,
    build: '',
  }
  return holds(match[1] ?? '=', version, bound, given)
}

/** `given` says how many numbers the range names: `1.2` means all of 1.2. */
function holds(operator: string, version: Version, bound: Version, given: number): boolean {
  const order = compareVersions(version, bound)
  const inside = order >= 0 && (given === 0 || compareVersions(version, after(bound, given - 1)) < 0)
  switch (operator) {
    case '!=':
      return given === 3 ? order !== 0 : !inside
    case '>':
      return given === 3 ? order > 0 : order >= 0 && !inside
    case '<':
      return order < 0
    case '>=':
    case '=>':
      return order >= 0
    case '<=':
    case '=<':
      return given === 3 ? order <= 0 : order < 0 || inside
    case '~':
    case '~>':
      return order >= 0 && (given === 0 || compareVersions(version, after(bound, given === 1 ? 0 : 1)) < 0)
    case '^':
      return order >= 0 && (given === 0 || compareVersions(version, after(bound, caretPosition(bound, given))) < 0)
    default:
      return given === 3 ? order === 0 : inside
  }
}

/** The caret keeps the first number that is not zero, or the last that was given. */
function caretPosition(bound: Version, given: number): number {
  const first = bound.numbers.findIndex(number => number !== 0n)
  return first === -1 ? given - 1 : Math.min(first, given - 1)
}

/** The first version behind all that share the numbers up to `position`. */
function after(bound: Version, position: number): Version {
  const [major, minor, patch] = bound.numbers
  const next: readonly [bigint, bigint, bigint] =
    position === 0 ? [major + 1n, 0n, 0n] : position === 1 ? [major, minor + 1n, 0n] : [major, minor, patch + 1n]
  return { numbers: next, prerelease: '0', build: '' }
}
