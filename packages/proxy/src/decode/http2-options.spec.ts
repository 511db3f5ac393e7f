import { Http2ProtocolOptions } from '@meshwork/protos/envoy/config/core/v3/protocol'
import { expect, test } from 'vitest'
import { DEFAULT_HTTP2_OPTIONS } from '../model/http2.ts'
import { decodeHttp2Options } from './http2-options.ts'
import { Report } from './report.ts'

test('budgets against floods are those that are set, and the defaults of the rest', () => {
  const report = new Report()
  const options = Http2ProtocolOptions.create({ maxOutboundFrames: 50, maxInboundPriorityFramesPerStream: 0 })
  expect(decodeHttp2Options(options, report).floods).toEqual({
    ...DEFAULT_HTTP2_OPTIONS.floods,
    maxOutboundFrames: 50,
    maxPriorityFramesPerStream: 0,
  })
  expect(report.violations).toEqual([])
})

test.each([
  [{ maxOutboundFrames: 0 }, 'max_outbound_frames'],
  [{ maxOutboundControlFrames: 0 }, 'max_outbound_control_frames'],
  [{ maxInboundWindowUpdateFramesPerDataFrameSent: 0 }, 'max_inbound_window_update_frames_per_data_frame_sent'],
])('%j is refused, as the field demands at least 1', (fields, path) => {
  const report = new Report()
  decodeHttp2Options(Http2ProtocolOptions.create(fields), report)
  expect(report.violations.map(violation => violation.path)).toEqual([path])
})
