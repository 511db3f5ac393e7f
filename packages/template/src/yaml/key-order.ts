const LETTER = /^\p{L}$/u
const DIGIT = /^\p{Nd}$/u

/** Order of keys in YAML: letters behind everything else, and runs of digits by their number (`a2` before `a10`). */
export function compareKeys(left: string, right: string): number {
  const mine = Array.from(left)
  const others = Array.from(right)
  for (const [index, character] of mine.entries()) {
    const other = others[index]
    if (other === undefined) return 1
    if (character === other) continue
    const letter = LETTER.test(character)
    const otherLetter = LETTER.test(other)
    if (letter !== otherLetter) return letter ? 1 : -1
    return letter ? byCode(character, other) : compareRuns(mine, others, index)
  }
  return mine.length - others.length
}

function byCode(left: string, right: string): number {
  return (left.codePointAt(0) ?? 0) - (right.codePointAt(0) ?? 0)
}

function compareRuns(mine: readonly string[], others: readonly string[], index: number): number {
  // Within a number whose first digits were equal, a zero counts as a digit and not as a leading zero.
  const inside = (mine[index] === '0' || others[index] === '0') && hasNumberBefore(mine, index)
  const seed = inside ? '1' : ''
  const left = digitsAt(mine, index)
  const right = digitsAt(others, index)
  const leftNumber = BigInt(`0${seed}${left}`)
  const rightNumber = BigInt(`0${seed}${right}`)
  if (leftNumber !== rightNumber) return leftNumber < rightNumber ? -1 : 1
  if (left.length !== right.length) return left.length - right.length
  return byCode(mine[index] ?? '', others[index] ?? '')
}

function hasNumberBefore(characters: readonly string[], index: number): boolean {
  for (let at = index - 1; at >= 0 && DIGIT.test(characters[at] ?? ''); at -= 1) if (characters[at] !== '0') return true
  return false
}

function digitsAt(characters: readonly string[], index: number): string {
  let end = index
  while (end < characters.length && /^\d$/.test(characters[end] ?? '')) end += 1
  return characters.slice(index, end).join('')
}
