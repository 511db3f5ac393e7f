import { ByteWriter } from '../../../packages/proxy/src/http2/byte-writer.ts'
import { FieldSection, SECTION_OK } from '../../../packages/proxy/src/http2/field-section.ts'
import { HpackDecoder } from '../../../packages/proxy/src/http2/hpack-decoder.ts'
import { HpackEncoder } from '../../../packages/proxy/src/http2/hpack-encoder.ts'
import { type FuzzTarget, hold } from '../target.ts'

const MAX_FIELDS = 100
const MAX_BYTES = 8192

function lines(section: FieldSection): string {
  const { names, values } = section.headers
  return names.map((name, i) => `${name.key}: ${values[i] ?? ''}`).join('\n')
}

/** Decodes blocks (each after a byte of its length); what is valid must come through our encoder and back, twice, unchanged. */
function run(input: Buffer): void {
  const decoder = new HpackDecoder(4096)
  const encoder = new HpackEncoder(4096)
  const second = new HpackDecoder(4096)
  const section = new FieldSection(MAX_BYTES, MAX_FIELDS)
  const again = new FieldSection(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  for (let at = 0; at < input.length;) {
    const to = Math.min(input.length, at + 1 + (input[at] ?? 0))
    section.begin()
    if (!decoder.decode(input, at + 1, to, section)) return
    at = to
    hold(section.headers.size <= MAX_FIELDS, 'a section has no more lines than allowed')
    if (section.verdict !== SECTION_OK) continue
    const out = new ByteWriter()
    encoder.begin(out)
    encoder.table(section.headers, out)
    again.begin()
    hold(second.decode(out.bytes, 0, out.at, again), 'what we encode decodes')
    hold(lines(again) === lines(section), 'encoding and decoding changes nothing')
  }
}

export const hpack: FuzzTarget = {
  name: 'hpack',
  seeds: [
    Buffer.from([3, 0x82, 0x86, 0x84]),
    Buffer.from('1b400a637573746f6d2d6b65790d637573746f6d2d686561646572', 'hex'),
    Buffer.from('0e828684418cf1e3c2e5f23a6ba0ab90f4ff02be8204', 'hex'),
    Buffer.from('083fe11f4001610162', 'hex'),
  ],
  words: [
    Buffer.from([0x3f, 0xe1, 0x1f]),
    Buffer.from([0x20]),
    Buffer.from([0x40, 1, 97, 1, 98]),
    Buffer.from([0xbe]),
    Buffer.from([0x0f, 0x0d, 2, 49, 50]),
    Buffer.from([0x60, 3, 97, 61, 98]),
  ],
  run,
}
