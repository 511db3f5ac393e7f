import { expect, test } from 'vitest'
import { formatProblem, jsonFormatProblem } from './format-problem.ts'

// Each verdict is that of Envoy 1.40 for the same format, in its words.
test.each([
  ['%NOPE%', 'Not supported field in StreamInfo: NOPE'],
  ['%VIRTUAL_HOST_NAME%', 'Not supported field in StreamInfo: VIRTUAL_HOST_NAME'],
  ['%REQ%', 'REQ requires parameters'],
  ['%REQ()%', 'REQ requires parameters'],
  ['%REQ(A?B?C)%', 'More than 1 alternative header specified in token: A?B?C'],
  ['%REQ(a b)%', 'Invalid header configuration. Format string contains invalid characters.'],
  ['%REQ(a) x %START_TIME(x)%', 'Invalid header configuration. Format string contains invalid characters.'],
  ['%PROTOCOL(x)%', 'PROTOCOL does not take any parameters or length'],
  ['%RESPONSE_CODE:3%', 'RESPONSE_CODE does not take any parameters or length'],
  ['%START_TIME:5%', 'START_TIME does not allow length to be specified.'],
  ['%CLUSTER_METADATA(a:b):3%', 'CLUSTER_METADATA does not allow length to be specified.'],
  ['%REQ(x):a%', "Incorrect configuration: %REQ(x):a%. Couldn't find valid command at position 0"],
  ['100%', "Incorrect configuration: 100%. Couldn't find valid command at position 3"],
  ['%lower%', "Incorrect configuration: %lower%. Couldn't find valid command at position 0"],
  ['%PROTOCOL%%', "Incorrect configuration: %PROTOCOL%%. Couldn't find valid command at position 10"],
  ['%COMMON_DURATION(a)%', 'Invalid common duration configuration: a.'],
  ['%COMMON_DURATION(DS_RX_BEG:DS_TX_END:s)%', 'Invalid common duration precision: s.'],
  ['%METADATA(FOO:x)%', 'FOO is not supported type of metadata'],
  ['%FILTER_STATE(a:FOO)%', 'Invalid filter state serialize type, only support PLAIN/TYPED/FIELD.'],
  ['%FILTER_STATE(a:FIELD)%', 'Invalid filter state serialize type, FIELD should be used with the field name.'],
  ['%QUERY_PARAMS(FOO)%', "Invalid QUERY_PARAMS option: 'FOO', only 'ORIG'/'DECODED' are allowed"],
  ['%PATH(XX)%', "Invalid PATH option: 'XX', only 'WQ'/'NQ' are allowed"],
  ['%PATH(NQ:FOO)%', "Invalid PATH option: 'FOO', only 'ORIG'/'PATH'/'ORIG_OR_PATH' are allowed"],
  ['%GRPC_STATUS(FOO)%', 'GrpcStatusFormatter only supports CAMEL_STRING, SNAKE_STRING or NUMBER. Got: FOO'],
  ['%REQUESTED_SERVER_NAME(X)%', "Invalid REQUESTED_SERVER_NAME option: 'X', only 'SNI_ONLY'/'SNI_FIRST'/'HOST_FIRST' are allowed"],
  ['%%', ''],
  ['%REQ(a)%%REQ(:PATH?b):0%', ''],
  ['%%%PROTOCOL%', ''],
  ['%DURATION()%', ''],
  ['%START_TIME(%Y%%m)%', ''],
  ['%DYNAMIC_METADATA(a)b):3%', ''],
  ['%COMMON_DURATION(x:DS_TX_END)%', ''],
  ['%UPSTREAM_TLS_VERSION% %UPSTREAM_PEER_CERT_V_END(%s)% %TRACE_ID%', ''],
  ['%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(x)%', ''],
])('%j: %s', (template, problem) => {
  expect(formatProblem(template)).toBe(problem)
})

test.each([
  ['%TLS_JA3_FINGERPRINT%', 'TLS_JA3_FINGERPRINT is not implemented'],
  ['%COMMON_DURATION(US_CX_BEG:US_CX_END)%', 'COMMON_DURATION: the time point US_CX_BEG is not implemented'],
  ['%METADATA(LISTENER:a)%', 'METADATA: the type LISTENER is not implemented'],
])('what Envoy has and this proxy has not is refused by name: %s', (template, problem) => {
  expect(formatProblem(template)).toBe(problem)
})

test('every text of a JSON format is looked at', () => {
  expect(jsonFormatProblem({ a: 1, b: { c: [null, '%PROTOCOL%', '%NOPE%'] } })).toBe('Not supported field in StreamInfo: NOPE')
})
