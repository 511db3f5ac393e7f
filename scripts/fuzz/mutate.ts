/** Pseudo-random numbers that a seed repeats. */
export class Dice {
  private state: number

  constructor(seed: number) {
    this.state = seed | 1
  }

  /** 0 to `below - 1`. */
  roll(below: number): number {
    this.state ^= this.state << 13
    this.state ^= this.state >>> 17
    this.state ^= this.state << 5
    return (this.state >>> 0) % below
  }
}

const MAX_INPUT = 2048
const EDGES = [0, 1, 2, 4, 8, 9, 13, 10, 16, 31, 32, 63, 64, 127, 128, 254, 255]

/** A changed copy of `input`: a few random edits. `other` is another input, to take parts from. */
export function mutate(input: Buffer, other: Buffer, words: readonly Buffer[], dice: Dice): Buffer {
  let bytes: Buffer = Buffer.from(input)
  for (let edits = 1 + dice.roll(4); edits > 0; edits--) bytes = edit(bytes, other, words, dice)
  return bytes.subarray(0, MAX_INPUT)
}

function edit(bytes: Buffer, other: Buffer, words: readonly Buffer[], dice: Dice): Buffer {
  const at = dice.roll(bytes.length + 1)
  switch (dice.roll(7)) {
    case 0:
      return splice(bytes, at, 0, Buffer.from([dice.roll(256)]))
    case 1:
      return splice(bytes, at, 1 + dice.roll(8), NOTHING)
    case 2:
      return splice(bytes, at, 1, Buffer.from([(bytes[at] ?? 0) ^ (1 << dice.roll(8))]))
    case 3:
      return splice(bytes, at, 1, Buffer.from([EDGES[dice.roll(EDGES.length)] ?? 0]))
    case 4:
      return splice(bytes, at, dice.roll(2), words[dice.roll(Math.max(1, words.length))] ?? NOTHING)
    case 5:
      return splice(bytes, at, 0, part(bytes, dice))
    default:
      return splice(bytes, at, dice.roll(16), part(other, dice))
  }
}

function part(bytes: Buffer, dice: Dice): Buffer {
  const from = dice.roll(bytes.length + 1)
  return bytes.subarray(from, from + dice.roll(64))
}

function splice(bytes: Buffer, at: number, removed: number, added: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)])
}

const NOTHING = Buffer.alloc(0)
