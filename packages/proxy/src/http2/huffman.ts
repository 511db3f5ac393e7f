/**
 * Length in bits of the code of each byte value, then of EOS (RFC 7541 appendix B), as digits of base 36. The code is canonical, so
 * the lengths say all of it.
 */
const LENGTHS: string =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca' +
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq' +
  'u'

const EOS = 256
/** Codes shorter than this do not exist, so a nibble completes one symbol at most. */
const SHORTEST = 5

/** By symbol: bits of its code, and the code, right-aligned. */
const BITS: Uint8Array = Uint8Array.from(LENGTHS, digit => Number.parseInt(digit, 36))
const CODES: Uint32Array = canonicalCodes()

function canonicalCodes(): Uint32Array {
  const symbols = Array.from(BITS, (_, symbol) => symbol)
  symbols.sort((a, b) => bitsOf(a) - bitsOf(b) || a - b)
  const codes = new Uint32Array(EOS + 1)
  let code = 0
  let bits = SHORTEST
  for (const symbol of symbols) {
    const length = bitsOf(symbol)
    code *= 2 ** (length - bits)
    bits = length
    codes[symbol] = code++
  }
  return codes
}

function bitsOf(symbol: number): number {
  return BITS[symbol] ?? 0
}

/** Entries of STEPS: bits 0-8 next state, bit 9 a symbol is complete, bits 10-17 the symbol; -1: EOS or impossible. */
const EMITS = 1 << 9
const STATES = 256
/** 1: the bits since the last symbol are valid padding (at most 7, all ones; RFC 7541 5.2). */
const MAY_END: Uint8Array = new Uint8Array(STATES)
/** By state and nibble: states are the inner nodes of the code's tree, 0 is its root. */
const STEPS: Int32Array = buildSteps()

function buildSteps(): Int32Array {
  const children = codeTree()
  const steps = new Int32Array(STATES * 16)
  for (let state = 0; state < STATES; state++) {
    for (let nibble = 0; nibble < 16; nibble++) steps[state * 16 + nibble] = walk(children, state, nibble)
  }
  let node = 0
  for (let depth = 0; depth < 8; depth++) {
    MAY_END[node] = 1
    node = children[node * 2 + 1] ?? 0
  }
  return steps
}

/** By node and bit: another node, or -1 - symbol. */
function codeTree(): Int32Array {
  const children = new Int32Array(STATES * 2)
  let nodes = 1
  for (let symbol = 0; symbol <= EOS; symbol++) {
    const code = CODES[symbol] ?? 0
    let node = 0
    for (let bit = bitsOf(symbol) - 1; bit > 0; bit--) {
      const slot = node * 2 + ((code >>> bit) & 1)
      if (children[slot] === 0) children[slot] = nodes++
      node = children[slot] ?? 0
    }
    children[node * 2 + (code & 1)] = -1 - symbol
  }
  return children
}

function walk(children: Int32Array, state: number, nibble: number): number {
  let node = state
  let symbol = -1
  for (let bit = 3; bit >= 0; bit--) {
    const next = children[node * 2 + ((nibble >> bit) & 1)] ?? 0
    if (next === -1 - EOS) return -1
    if (next < 0) symbol = -1 - next
    node = next < 0 ? 0 : next
  }
  return symbol < 0 ? node : node | EMITS | (symbol << 10)
}

/** Decoded bytes of `count` encoded ones at the most. */
export function huffmanDecodedBound(count: number): number {
  return Math.floor((count * 8) / SHORTEST)
}

/** Decodes into `into` (large enough) from its start; returns the bytes written, or -1 if the code is invalid. */
export function huffmanDecode(bytes: Buffer, from: number, to: number, into: Uint8Array): number {
  let state = 0
  let at = 0
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0
    let step = STEPS[state * 16 + (byte >> 4)] ?? -1
    if (step < 0) return -1
    if ((step & EMITS) !== 0) into[at++] = step >> 10
    step = STEPS[(step & 0x1ff) * 16 + (byte & 15)] ?? -1
    if (step < 0) return -1
    if ((step & EMITS) !== 0) into[at++] = step >> 10
    state = step & 0x1ff
  }
  return MAY_END[state] === 1 ? at : -1
}

/** Bytes that `text` (latin1) takes when encoded. */
export function huffmanEncodedLength(text: string): number {
  let bits = 0
  for (let i = 0; i < text.length; i++) bits += bitsOf(text.charCodeAt(i))
  return (bits + 7) >> 3
}

/** Encodes `text` (latin1) into `into` at `at`; returns where it ends. */
export function huffmanEncode(text: string, into: Uint8Array, at: number): number {
  let held = 0
  let bits = 0
  let end = at
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i)
    const length = bitsOf(symbol)
    const code = CODES[symbol] ?? 0
    for (let left = length; left > 0;) {
      const taken = Math.min(left, 8 - bits)
      held = (held << taken) | ((code >>> (left - taken)) & ((1 << taken) - 1))
      left -= taken
      bits += taken
      if (bits === 8) {
        into[end++] = held
        held = 0
        bits = 0
      }
    }
  }
  if (bits > 0) into[end++] = (held << (8 - bits)) | ((1 << (8 - bits)) - 1)
  return end
}
