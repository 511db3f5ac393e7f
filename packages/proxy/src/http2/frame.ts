/** Frame types (RFC 9113 6). */
export const DATA = 0
export const HEADERS = 1
export const PRIORITY = 2
export const RST_STREAM = 3
export const SETTINGS = 4
export const PING = 6
export const GOAWAY = 7
export const WINDOW_UPDATE = 8
export const CONTINUATION = 9

export const FLAG_END_STREAM = 1
export const FLAG_ACK = 1
export const FLAG_END_HEADERS = 4
export const FLAG_PADDED = 8
export const FLAG_PRIORITY = 32

export const FRAME_HEAD_BYTES = 9
/** Payload that every peer takes, and the most that we take and send (RFC 9113 4.2). */
export const MAX_FRAME_BYTES = 16_384
export const MAX_WINDOW = 0x7fff_ffff
/** Windows before SETTINGS say otherwise (RFC 9113 6.9.2). */
export const DEFAULT_WINDOW = 65_535
export const MAX_STREAM_ID = 0x7fff_ffff

export const SETTING_HEADER_TABLE_SIZE = 1
export const SETTING_ENABLE_PUSH = 2
export const SETTING_MAX_CONCURRENT_STREAMS = 3
export const SETTING_INITIAL_WINDOW_SIZE = 4
export const SETTING_MAX_FRAME_SIZE = 5
export const SETTING_MAX_HEADER_LIST_SIZE = 6
export const SETTING_ENABLE_CONNECT_PROTOCOL = 8

/** What a client says first (RFC 9113 3.4). */
export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
