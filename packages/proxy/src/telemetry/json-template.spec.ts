import { expect, test } from 'vitest'
import { HeaderTable } from '../http/header-table.ts'
import type { JsonTemplate } from '../model/substitution-format.ts'
import { compileJsonTemplate } from './json-template.ts'
import type { StreamInfo } from './stream-info.ts'

const INFO: Pick<StreamInfo, 'requestHeaders' | 'status' | 'responseBytes' | 'protocol' | 'dynamicMetadata'> = {
  requestHeaders: new HeaderTable(),
  status: 200,
  responseBytes: 2,
  protocol: 'HTTP/1.1',
  dynamicMetadata: name => (name === 'f' ? { n: 3, o: { list: [true] } } : null),
}

const FIELDS: Readonly<Record<string, JsonTemplate>> = {
  z: '%RESPONSE_CODE%',
  nested: { missing: '%REQ(x-none)%', bytes: '%BYTES_SENT%', empty: {} },
  list: ['%PROTOCOL%', '%REQ(x-none)%', { missing: '%REQ(x-none)%' }],
  mix: '%REQ(x-none)%-%RESPONSE_CODE%',
  number: 1.5,
  truth: true,
  nothing: null,
  metadata: '%DYNAMIC_METADATA(f:o)%',
  metadataNumber: '%DYNAMIC_METADATA(f:n)%',
}

// Both lines are what Envoy 1.40 writes for such a format.
test.each([
  [
    false,
    '{"list":["HTTP/1.1",null,{"missing":null}],"metadata":{"list":[true]},"metadataNumber":3,"mix":"--200",' +
      '"nested":{"bytes":2,"empty":{},"missing":null},"nothing":null,"number":1.5,"truth":true,"z":200}',
  ],
  [
    true,
    '{"list":["HTTP/1.1"],"metadata":{"list":[true]},"metadataNumber":3,"mix":"-200","nested":{"bytes":2},"number":1.5,"truth":true,"z":200}',
  ],
])('types, order and absent values; omitted: %s', (omitEmpty, line) => {
  expect(compileJsonTemplate(FIELDS, omitEmpty)(INFO as StreamInfo)).toBe(line)
})
