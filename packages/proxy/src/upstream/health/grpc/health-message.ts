/** `HealthCheckRequest.service` and `HealthCheckResponse.status` are field 1 of their messages (grpc.health.v1). */
const SERVICE_TAG = 0x0a
const STATUS_TAG = 0x08
const SERVING = 1
/** Flag byte and length before every gRPC message. */
const PREFIX_BYTES = 5

/** A length-prefixed `HealthCheckRequest`. */
export function questionFor(service: string): Buffer {
  const name = Buffer.from(service)
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([SERVICE_TAG, ...varint(name.length)]), name])
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** `body` is one whole uncompressed `HealthCheckResponse` that says SERVING. Other fields are not defined, and not expected. */
export function isServing(body: Buffer): boolean {
  if (body.length < PREFIX_BYTES || body[0] !== 0 || body.readUInt32BE(1) !== body.length - PREFIX_BYTES) return false
  return body.length === PREFIX_BYTES + 2 && body[PREFIX_BYTES] === STATUS_TAG && body[PREFIX_BYTES + 1] === SERVING
}

function varint(value: number): readonly number[] {
  const bytes: number[] = []
  let rest = value
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  return [...bytes, rest]
}
