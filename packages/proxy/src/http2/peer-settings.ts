import { FLOW_CONTROL_ERROR, NO_ERROR, PROTOCOL_ERROR } from './error-code.ts'
import { DEFAULT_WINDOW, MAX_WINDOW, SETTING_ENABLE_CONNECT_PROTOCOL, SETTING_ENABLE_PUSH, SETTING_HEADER_TABLE_SIZE } from './frame.ts'
import { MAX_FRAME_BYTES, SETTING_INITIAL_WINDOW_SIZE, SETTING_MAX_CONCURRENT_STREAMS, SETTING_MAX_FRAME_SIZE } from './frame.ts'

/** What the peer has said in SETTINGS (RFC 9113 6.5.2); before that, the defaults. */
export class PeerSettings {
  maxConcurrentStreams = 0x7fff_ffff
  /** Extended CONNECT is understood (RFC 8441). */
  allowsConnect = false
  /** Window that streams begin with. */
  initialWindow: number = DEFAULT_WINDOW
  headerTableBytes = 4096
  /** The smallest that the last frame named: the encoder has to tell that it went so far (RFC 7541 4.2). */
  smallestTableBytes = 4096

  /** Applies the payload of one frame; the last value of each counts. Returns an error code. */
  apply(bytes: Buffer, from: number, to: number, fromServer: boolean): number {
    this.smallestTableBytes = this.headerTableBytes
    for (let at = from; at < to; at += 6) {
      const error = this.set(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2), fromServer)
      if (error !== NO_ERROR) return error
    }
    return NO_ERROR
  }

  private set(id: number, value: number, fromServer: boolean): number {
    switch (id) {
      case SETTING_HEADER_TABLE_SIZE:
        this.headerTableBytes = value
        this.smallestTableBytes = Math.min(this.smallestTableBytes, value)
        return NO_ERROR
      case SETTING_ENABLE_PUSH:
        return value > (fromServer ? 0 : 1) ? PROTOCOL_ERROR : NO_ERROR
      case SETTING_MAX_CONCURRENT_STREAMS:
        this.maxConcurrentStreams = value
        return NO_ERROR
      case SETTING_INITIAL_WINDOW_SIZE:
        if (value > MAX_WINDOW) return FLOW_CONTROL_ERROR
        this.initialWindow = value
        return NO_ERROR
      case SETTING_MAX_FRAME_SIZE:
        return value < MAX_FRAME_BYTES || value > 0xff_ffff ? PROTOCOL_ERROR : NO_ERROR
      case SETTING_ENABLE_CONNECT_PROTOCOL:
        if (value > 1 || (value === 0 && this.allowsConnect)) return PROTOCOL_ERROR
        this.allowsConnect = value === 1
        return NO_ERROR
      default:
        return NO_ERROR
    }
  }
}
