import { silentLogger } from '@meshwork/core/log'
import { systemClock } from '@meshwork/core/time'
import { encodeJson } from '@meshwork/protos/json'
import { TestControlPlane } from '@meshwork/testkit/xds'
import { SECRET_TYPE, seal, type XdsResource } from '@meshwork/xds/types'
import { expect, it } from 'vitest'
import { SdsSecrets } from './sds-secrets.ts'

const NODE = { id: 'edge~1', cluster: '', metadata: {}, locality: { region: '', zone: '', subZone: '' }, userAgentName: 'test' }

function roots(name: string): XdsResource {
  const secret = { name, validation_context: { trusted_ca: { inline_string: `roots of ${name}` } } }
  const encoded = encodeJson('envoy.extensions.transport_sockets.tls.v3.Secret', secret)
  if (encoded.kind === 'err') throw new Error(JSON.stringify(encoded.error))
  return seal(SECRET_TYPE, name, () => encoded.value)
}

it('asks for a secret that is wanted after the stream has begun', async () => {
  const plane = new TestControlPlane()
  await plane.start()
  plane.set(new Map([[SECRET_TYPE, [roots('first'), roots('later')]]]))
  const secrets = new SdsSecrets({ address: plane.address, names: ['first'], node: NODE, clock: systemClock, log: silentLogger })
  try {
    await secrets.start()
    await expect.poll(() => secrets.roots('first')).toBe('roots of first')
    expect(secrets.has('later')).toBe(false)
    secrets.want('later')
    await expect.poll(() => secrets.roots('later')).toBe('roots of later')
  } finally {
    await secrets.close()
    plane.stop()
  }
})
