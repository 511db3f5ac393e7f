import type { Http2ProtocolOptions, KeepaliveSettings } from '@meshwork/protos/envoy/config/core/v3/protocol'
import { DEFAULT_HTTP2_OPTIONS, type Http2FloodBudgets, type Http2Keepalive, type Http2Options } from '../model/http2.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { Report } from './report.ts'
import { durationMs } from './scalars.ts'

const FIELDS: FieldPolicy<Http2ProtocolOptions> = {
  read: [
    'hpackTableSize',
    'maxConcurrentStreams',
    'initialStreamWindowSize',
    'initialConnectionWindowSize',
    'allowConnect',
    'streamErrorOnInvalidHttpMessaging',
    'overrideStreamErrorOnInvalidHttpMessage',
    'connectionKeepalive',
    'maxOutboundFrames',
    'maxOutboundControlFrames',
    'maxConsecutiveInboundFramesWithEmptyPayload',
    'maxInboundPriorityFramesPerStream',
    'maxInboundWindowUpdateFramesPerDataFrameSent',
  ],
  // METADATA frames are ignored as RFC 9113 asks.
  harmless: ['allowMetadata', 'useOghttp2Codec'],
}
const KEEPALIVE_FIELDS: FieldPolicy<KeepaliveSettings> = {
  read: ['interval', 'timeout', 'connectionIdleInterval'],
  harmless: ['intervalJitter'],
}

const MAX_STREAMS = 2 ** 31 - 1
const MIN_WINDOW = 65_535
const MAX_WINDOW = 2 ** 31 - 1
const MAX_TABLE = 1 << 20
const MAX_BUDGET = 2 ** 32 - 1

/** HTTP/2 as one side of the proxy is to speak it. `undefined`: all defaults. */
export function decodeHttp2Options(options: Http2ProtocolOptions | undefined, report: Report): Http2Options {
  if (options === undefined) return DEFAULT_HTTP2_OPTIONS
  refuseOtherFields(options, FIELDS, report)
  const defaults = DEFAULT_HTTP2_OPTIONS
  return {
    maxConcurrentStreams: within(
      options.maxConcurrentStreams,
      defaults.maxConcurrentStreams,
      1,
      MAX_STREAMS,
      report.at('max_concurrent_streams'),
    ),
    streamWindowBytes: within(
      options.initialStreamWindowSize,
      defaults.streamWindowBytes,
      MIN_WINDOW,
      MAX_WINDOW,
      report.at('initial_stream_window_size'),
    ),
    connectionWindowBytes: within(
      options.initialConnectionWindowSize,
      defaults.connectionWindowBytes,
      MIN_WINDOW,
      MAX_WINDOW,
      report.at('initial_connection_window_size'),
    ),
    hpackTableBytes: Math.min(options.hpackTableSize ?? defaults.hpackTableBytes, MAX_TABLE),
    allowConnect: options.allowConnect,
    streamErrors: options.overrideStreamErrorOnInvalidHttpMessage ?? options.streamErrorOnInvalidHttpMessaging,
    floods: decodeBudgets(options, report),
    keepalive:
      options.connectionKeepalive === undefined ? null : decodeKeepalive(options.connectionKeepalive, report.at('connection_keepalive')),
  }
}

function decodeBudgets(options: Http2ProtocolOptions, report: Report): Http2FloodBudgets {
  const { floods } = DEFAULT_HTTP2_OPTIONS
  const budget = (value: number | undefined, fallback: number, least: number, field: string): number =>
    within(value, fallback, least, MAX_BUDGET, report.at(field))
  return {
    maxOutboundFrames: budget(options.maxOutboundFrames, floods.maxOutboundFrames, 1, 'max_outbound_frames'),
    maxOutboundControlFrames: budget(options.maxOutboundControlFrames, floods.maxOutboundControlFrames, 1, 'max_outbound_control_frames'),
    maxConsecutiveEmptyFrames: budget(
      options.maxConsecutiveInboundFramesWithEmptyPayload,
      floods.maxConsecutiveEmptyFrames,
      0,
      'max_consecutive_inbound_frames_with_empty_payload',
    ),
    maxPriorityFramesPerStream: budget(
      options.maxInboundPriorityFramesPerStream,
      floods.maxPriorityFramesPerStream,
      0,
      'max_inbound_priority_frames_per_stream',
    ),
    maxWindowUpdatesPerDataFrame: budget(
      options.maxInboundWindowUpdateFramesPerDataFrameSent,
      floods.maxWindowUpdatesPerDataFrame,
      1,
      'max_inbound_window_update_frames_per_data_frame_sent',
    ),
  }
}

function decodeKeepalive(keepalive: KeepaliveSettings, report: Report): Http2Keepalive {
  refuseOtherFields(keepalive, KEEPALIVE_FIELDS, report)
  if (keepalive.timeout === undefined) report.at('timeout').refuse('required', 'must be set')
  return {
    intervalMs: durationMs(keepalive.interval, 0, report.at('interval')),
    timeoutMs: durationMs(keepalive.timeout, 0, report.at('timeout')),
    idleIntervalMs: durationMs(keepalive.connectionIdleInterval, 0, report.at('connection_idle_interval')),
  }
}

function within(value: number | undefined, fallback: number, least: number, most: number, report: Report): number {
  if (value === undefined) return fallback
  if (value < least || value > most) report.refuse('out-of-range', `must be between ${least} and ${most}`)
  return value
}
