import {
  decompressLazily,
  decompressStrictly,
  fromPlain,
  GLOBAL_DICTIONARY,
  LayeredBag,
  reportRecords,
  toPlain,
} from '@meshwork/core/attributes'
import { Attributes, CompressedAttributes } from '@meshwork/protos/istio/mixer/v1/attributes'
import { CheckRequest, CheckResponse } from '@meshwork/protos/istio/mixer/v1/check'
import { ReportRequest } from '@meshwork/protos/istio/mixer/v1/report'
import type { MixerCase } from '../case-runner.ts'
import { equal, exactly, type Findings } from '../expectation.ts'
import { show, type TypedValue, type TypedValues, valueOf } from '../typed-value.ts'

export interface DecodeCase {
  readonly name: string
  readonly wireBase64: string
  readonly expected: { readonly attributes?: TypedValues; readonly error?: string; readonly strictError?: string }
  readonly lenientRequestBag: Readonly<Record<string, TypedValue | 'STRING_MAP' | null>>
}

export interface ReportCase {
  readonly name: string
  readonly wireBase64: string
  readonly expectedRecords: readonly { readonly attributes?: TypedValues; readonly error?: string }[]
}

export interface ForwardCase {
  readonly name: string
  readonly wireBase64: string
  readonly attributes: TypedValues
}

export interface MessageCase {
  readonly message: string
  readonly value: unknown
  readonly wireBase64: string
}

export interface WireRecording {
  readonly serverWordCount: number
  readonly decode: readonly DecodeCase[]
  readonly report: readonly ReportCase[]
  readonly forwardedAttributes: readonly ForwardCase[]
  readonly messages: readonly MessageCase[]
}

function bytesOf(base64: string): Uint8Array {
  return Buffer.from(base64, 'base64')
}

function checkDecode(given: DecodeCase, wordCount: number): Findings {
  const dictionary = GLOBAL_DICTIONARY.prefix(wordCount)
  const message = CompressedAttributes.decode(bytesOf(given.wireBase64))
  const strict = decompressStrictly(message, dictionary)
  const lazy = decompressLazily(message, dictionary)
  const lazyFindings = Object.entries(given.lenientRequestBag).flatMap(([name, want]) => {
    const got = lazy.get(name)
    if (want === 'STRING_MAP') return show(got).startsWith('map') ? [] : [`${name} is no map`]
    return equal(`lazy ${name}`, show(got), want === null ? 'absent' : show(valueOf(want)))
  })
  if (given.expected.attributes === undefined) {
    return [...lazyFindings, ...(strict.kind === 'err' ? [] : ['decoded strictly, but must be refused'])]
  }
  const strictFindings =
    strict.kind === 'err' ? [strict.error] : exactly(new LayeredBag(undefined, strict.value), given.expected.attributes)
  return [...lazyFindings, ...strictFindings]
}

function checkReport(given: ReportCase, wordCount: number): Findings {
  const request = ReportRequest.decode(bytesOf(given.wireBase64))
  const findings: string[] = []
  let position = 0
  for (const record of reportRecords(request.attributes, request.defaultWords, GLOBAL_DICTIONARY.prefix(wordCount))) {
    const want = given.expectedRecords[position++]
    if (record.kind === 'err') findings.push(...(want?.error === undefined ? [record.error] : []))
    else findings.push(...(want?.attributes === undefined ? ['one record too many'] : exactly(record.value, want.attributes)))
  }
  return [...findings, ...equal('records', position, given.expectedRecords.length)]
}

function checkForward(given: ForwardCase): Findings {
  const bytes = bytesOf(given.wireBase64)
  const bag = fromPlain(Attributes.decode(bytes))
  const encoded = Attributes.encode(Attributes.fromPartial(toPlain(bag))).finish()
  return [...exactly(bag, given.attributes), ...equal('bytes', Buffer.from(encoded).toString('base64'), given.wireBase64)]
}

/** The recordings have snake_case keys and durations in nanoseconds. Zero values, which either side may leave out, are removed from both. */
function condensed(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(condensed)
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(Object.entries(json).flatMap(([key, value]) => condensedField(snakeCase(key), value)))
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}

function isZero(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return value === 0 || value === '' || value === 'REPLACE'
}

function condensedField(key: string, value: unknown): [string, unknown][] {
  if (key.endsWith('_duration') && typeof value === 'object' && value !== null) {
    const seconds = 'seconds' in value ? BigInt(String(value.seconds)) : 0n
    return [[`${key}_nanos`, (seconds * 1_000_000_000n).toString()]]
  }
  const inner = condensed(value)
  if (isZero(inner)) return []
  // 64-bit numbers are texts in protobuf's JSON.
  return [[key, key.endsWith('amount') ? String(inner) : inner]]
}

function checkMessage(given: MessageCase): Findings {
  const bytes = bytesOf(given.wireBase64)
  if (given.message === 'istio.mixer.v1.CheckRequest') {
    const decoded = CheckRequest.decode(bytes)
    const again = CheckRequest.toJSON(CheckRequest.decode(CheckRequest.encode(decoded).finish()))
    return [
      ...equal('value', condensed(CheckRequest.toJSON(decoded)), condensed(given.value)),
      ...equal('again', again, CheckRequest.toJSON(decoded)),
    ]
  }
  const decoded = CheckResponse.decode(bytes)
  const again = CheckResponse.toJSON(CheckResponse.decode(CheckResponse.encode(decoded).finish()))
  return [
    ...equal('value', condensed(CheckResponse.toJSON(decoded)), condensed(given.value)),
    ...equal('again', again, CheckResponse.toJSON(decoded)),
  ]
}

export function wireCases(recording: WireRecording): readonly MixerCase[] {
  const words = recording.serverWordCount
  return [
    ...recording.decode.map(given => ({ name: `decode ${given.name}`, check: () => checkDecode(given, words) })),
    ...recording.report.map(given => ({ name: `report ${given.name}`, check: () => checkReport(given, words) })),
    ...recording.forwardedAttributes.map(given => ({ name: `forwarded ${given.name}`, check: () => checkForward(given) })),
    ...recording.messages.map((given, index) => ({ name: `message ${index} ${given.message}`, check: () => checkMessage(given) })),
  ]
}
