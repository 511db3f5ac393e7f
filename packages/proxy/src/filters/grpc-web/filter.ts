import type { HeaderTable } from '../../http/header-table.ts'
import { ResponseFlag } from '../../http/response-flags.ts'
import { CONTINUE, type FilterBlueprint, type FilterStatus, type FilterStream, type HttpFilter, REPLIED } from '../filter.ts'
import { Base64Decoder } from './base64-decoder.ts'

/** `envoy.extensions.filters.http.grpc_web.v3.GrpcWeb`: clients that speak gRPC-Web reach servers that speak gRPC. */
export function grpcWebBlueprint(): FilterBlueprint {
  return { name: 'envoy.filters.http.grpc_web', compile: ({ slot }) => new GrpcWebFilter(slot) }
}

/** One gRPC-Web request. */
class Call {
  /** null: the request's body is binary. */
  readonly decoder: Base64Decoder | null
  readonly textResponse: boolean
  /** The response is gRPC, and has a body or may have one. */
  framesTrailers = false

  constructor(textRequest: boolean, textResponse: boolean) {
    this.decoder = textRequest ? new Base64Decoder() : null
    this.textResponse = textResponse
  }
}

const BINARY = 'application/grpc-web'
const TEXT = 'application/grpc-web-text'
/** Bit of a frame's flags: it holds trailers. */
const TRAILERS_FLAG = 0x80

class GrpcWebFilter implements HttpFilter {
  private readonly slot: number

  constructor(slot: number) {
    this.slot = slot
  }

  onRequestHead(stream: FilterStream): FilterStatus {
    const { requestHeaders: headers } = stream
    const form = formOf(headers.get('content-type'))
    if (form === null) return CONTINUE
    stream.setState(this.slot, new Call(form === 'text', formOf(headers.get('accept')) === 'text'))
    headers.remove('content-length')
    headers.set('content-type', 'application/grpc')
    headers.set('te', 'trailers')
    if (!headers.has('grpc-accept-encoding')) headers.append('grpc-accept-encoding', 'identity')
    return CONTINUE
  }

  onRequestData(stream: FilterStream, chunk: Buffer): FilterStatus {
    const decoder = this.callOf(stream)?.decoder ?? null
    if (decoder === null) return CONTINUE
    const bytes = decoder.decode(chunk)
    if (bytes === null) return refuse(stream)
    stream.replaceRequestData(bytes)
    return CONTINUE
  }

  onRequestEnd(stream: FilterStream): FilterStatus {
    const decoder = this.callOf(stream)?.decoder ?? null
    return decoder === null || decoder.complete ? CONTINUE : refuse(stream)
  }

  onResponseHead(stream: FilterStream, endStream: boolean): FilterStatus {
    const call = this.callOf(stream)
    const { responseHeaders: headers } = stream
    if (call === null || headers === null || headers.get('content-type')?.startsWith('application/grpc') !== true) return CONTINUE
    headers.set('content-type', `${call.textResponse ? TEXT : BINARY}+proto`)
    headers.remove('content-length')
    call.framesTrailers = !endStream
    return CONTINUE
  }

  onResponseData(stream: FilterStream, chunk: Buffer): FilterStatus {
    const call = this.callOf(stream)
    // Each piece is padded by itself, as the protocol allows, so that no message waits for the next one.
    if (call?.framesTrailers === true && call.textResponse) stream.replaceResponseData(base64(chunk))
    return CONTINUE
  }

  onResponseEnd(stream: FilterStream): FilterStatus {
    const call = this.callOf(stream)
    const { responseTrailers: trailers } = stream
    if (call?.framesTrailers !== true || trailers === null) return CONTINUE
    const frame = trailersFrame(trailers)
    stream.responseTrailers = null
    stream.injectResponseData(this.slot, call.textResponse ? base64(frame) : frame)
    return CONTINUE
  }

  private callOf(stream: FilterStream): Call | null {
    const state = stream.state(this.slot)
    return state instanceof Call ? state : null
  }
}

function formOf(mediaType: string | null): 'binary' | 'text' | null {
  if (mediaType === TEXT || mediaType === `${TEXT}+proto`) return 'text'
  return mediaType === BINARY || mediaType === `${BINARY}+proto` ? 'binary' : null
}

function refuse(stream: FilterStream): FilterStatus {
  stream.reply(400, 'Bad gRPC-web request, invalid base64 data.', ResponseFlag.none, 'grpc_base_64_decode_failed')
  return REPLIED
}

/** Trailers as the last frame of the body, in the form of an HTTP/1.1 header section without the empty line. */
function trailersFrame({ names, values }: HeaderTable): Buffer {
  let text = ''
  for (let i = 0; i < names.length; i++) text += `${names[i]?.key ?? ''}:${values[i] ?? ''}\r\n`
  const frame = Buffer.allocUnsafe(5 + text.length)
  frame[0] = TRAILERS_FLAG
  frame.writeUInt32BE(text.length, 1)
  frame.write(text, 5, 'latin1')
  return frame
}

function base64(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('base64'), 'latin1')
}
