import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import type { Mesh, MeshReply } from '../backend/mesh.ts'
import { echoed } from '../mesh/echo.ts'
import { eventually } from '../mesh/eventually.ts'
import { ANN, ECHO } from '../mesh/shop.ts'
import { TokenIssuer } from '../mesh/token-issuer.ts'

const issuer = new TokenIssuer('https://issuer.example')
const stranger = new TokenIssuer('https://issuer.example')

let mesh: Mesh
let keyServer: Server
let keysUrl = ''
/** What the key server answers; undefined: 500. */
let published: string | undefined

function authentication(rule: string): string {
  return `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: tokens, namespace: default}
spec: {selector: {matchLabels: {app: echo}}, jwtRules: [{issuer: "${issuer.name}", ${rule}}]}
`
}

const INLINE = `jwks: '${issuer.keys}'`

beforeAll(async () => {
  keyServer = createServer((_request, response) => response.writeHead(published === undefined ? 500 : 200).end(published))
  keyServer.listen(0, '127.0.0.1')
  await once(keyServer, 'listening')
  const address = keyServer.address()
  keysUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/keys`
  mesh = await chosenBackend().start({
    name: 'tokens',
    services: ['ann', 'echo'].map(name => ({ name, port: 8000, versions: ['v1'] })),
    config: { tokens: authentication(INLINE) },
  })
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
  keyServer?.close()
})

function send(headers: Readonly<Record<string, string>>, path: string = '/'): Promise<MeshReply> {
  return mesh.request(ANN, { host: ECHO, path, headers })
}

async function bearer(token: string): Promise<number> {
  return (await send({ authorization: `Bearer ${token}` })).status
}

it('[security-52] expiry and not-before count, with a minute of grace', async () => {
  await eventually(async () => expect(await bearer('x.y.z')).toBe(401))
  const now = Math.floor(Date.now() / 1000)
  expect(await bearer(issuer.token('ann', { exp: now - 30 }))).toBe(200)
  expect(await bearer(issuer.token('ann', { exp: now - 90 }))).toBe(401)
  expect(await bearer(issuer.token('ann', { nbf: now + 30 }))).toBe(200)
  expect(await bearer(issuer.token('ann', { nbf: now + 90 }))).toBe(401)
})

it('[security-53] no algorithm of the attacker is believed, and the proxy lives on', async () => {
  const [header = '', payload = '', signature = ''] = issuer.token('ann').split('.')
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const hmacHead = part({ alg: 'HS256', typ: 'JWT', kid: issuer.kid })
  const hmac = createHmac('sha256', issuer.publicKey.export({ type: 'spki', format: 'pem' }))
    .update(`${hmacHead}.${payload}`)
    .digest('base64url')
  const attacks: Readonly<Record<string, string>> = {
    'alg none': `${part({ alg: 'none', typ: 'JWT' })}.${payload}.`,
    'alg None with a signature': `${part({ alg: 'None', kid: issuer.kid })}.${payload}.${signature}`,
    'HMAC with the public key': `${hmacHead}.${payload}.${hmac}`,
    'ES256 for an RSA key': `${part({ alg: 'ES256', kid: issuer.kid })}.${payload}.${signature}`,
    'empty signature': `${header}.${payload}.`,
    'signature left out': `${header}.${payload}`,
    'another payload': `${header}.${part({ iss: issuer.name, sub: 'root', exp: 4_102_444_800 })}.${signature}`,
    'critical extension': issuer.token('ann', {}, { crit: ['exp'] }),
    "somebody else's key": stranger.token('ann'),
    'unknown key': issuer.token('ann', {}, { kid: 'k9' }),
    'own key in the header': stranger.token('ann', {}, { jwk: JSON.parse(stranger.keys).keys[0] }),
    'header that is no object': `${part([])}.${payload}.${signature}`,
    'text that is no token': 'a.b',
    'dots only': '..',
    'null bytes': `${header}.${Buffer.from('\0\0').toString('base64url')}.${signature}`,
    'very long': `${header}.${'A'.repeat(20_000)}.${signature}`,
  }
  const believed: string[] = []
  for (const [name, token] of Object.entries(attacks)) if ((await bearer(token)) !== 401) believed.push(name)
  expect(believed).toEqual([])
  expect(await bearer(issuer.token('ann'))).toBe(200)
  expect(mesh.component('sidecar/echo-v1').restarts).toBe(0)
})

it('[security-54] a token for another audience is refused, in its own words', async () => {
  await mesh.apply('tokens', authentication(`${INLINE}, audiences: [web, app]`))
  await eventually(async () => expect(await bearer(issuer.token('ann', { aud: 'other' }))).toBe(403))
  const reply = await send({ authorization: `Bearer ${issuer.token('ann', { aud: ['other'] })}` })
  expect([reply.status, reply.body]).toEqual([403, 'Audiences in Jwt are not allowed'])
  expect(await bearer(issuer.token('ann'))).toBe(403)
  expect(await bearer(issuer.token('ann', { aud: ['other', 'app'] }))).toBe(200)
})

it('[security-55] tokens are looked for in the places that the rule names, and nowhere else', async () => {
  const places = 'fromHeaders: [{name: x-token, prefix: "Token "}], fromParams: [token], fromCookies: [session]'
  await mesh.apply('tokens', authentication(`${INLINE}, ${places}, outputClaimToHeaders: [{header: x-sub, claim: sub}]`))
  const good = issuer.token('ann')
  const subject = async (headers: Readonly<Record<string, string>>, path: string = '/'): Promise<string | undefined> =>
    echoed(await send(headers, path)).headers['x-sub']
  await eventually(async () => expect(await subject({ 'x-token': `Token ${good}` })).toBe('ann'))
  expect(await subject({}, `/?a=b&token=${good}`)).toBe('ann')
  expect(await subject({ cookie: `a=b; session=${good}` })).toBe('ann')
  for (const bad of [{ 'x-token': 'Token x' }, { cookie: 'session=x' }]) expect((await send(bad)).status).toBe(401)
  expect((await send({}, '/?token=x')).status).toBe(401)
  // Elsewhere it is not a token at all.
  expect(await subject({ authorization: `Bearer ${good}` })).toBeUndefined()
  expect(await subject({ authorization: 'Bearer x' })).toBeUndefined()
})

it('[security-56] the token is taken away unless told otherwise; headers that tell of it cannot be forged', async () => {
  const output = 'outputPayloadToHeader: x-payload, outputClaimToHeaders: [{header: x-sub, claim: sub}]'
  await mesh.apply('tokens', authentication(`${INLINE}, ${output}`))
  const token = issuer.token('ann')
  await eventually(async () =>
    expect(echoed(await send({ authorization: `Bearer ${token}` })).headers).toMatchObject({
      'x-sub': 'ann',
      'x-payload': token.split('.')[1],
    }),
  )
  const forged = { 'x-sub': 'root', 'x-payload': 'cm9vdA' }
  const { headers } = echoed(await send({ authorization: `Bearer ${token}`, ...forged }))
  expect([headers['authorization'], headers['x-sub'], headers['x-payload']]).toEqual([undefined, 'ann', token.split('.')[1]])
  const without = echoed(await send(forged)).headers
  expect([without['x-sub'], without['x-payload']]).toEqual([undefined, undefined])
  await mesh.apply('tokens', authentication(`${INLINE}, forwardOriginalToken: true`))
  await eventually(async () =>
    expect(echoed(await send({ authorization: `Bearer ${token}` })).headers['authorization']).toBe(`Bearer ${token}`),
  )
})

it('[security-58] while keys cannot be had tokens are refused; once they are there they count', async () => {
  published = undefined
  await mesh.apply('tokens', authentication(`jwksUri: "${keysUrl}"`))
  await eventually(async () => expect(await bearer(issuer.token('ann'))).toBe(401))
  expect((await send({})).status).toBe(200)
  published = issuer.keys
  await eventually(async () => expect(await bearer(issuer.token('ann'))).toBe(200))
  expect(await bearer(stranger.token('ann'))).toBe(401)
})
