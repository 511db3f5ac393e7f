// Calls `xds:///greeter` again and again with gRPC's own xDS client, and prints each answer that differs from the last.
// A process of its own, because that client loads a module in a way that does not work inside the test runner.
import { createRequire } from 'node:module'
import { register } from '@grpc/grpc-js-xds'

// The same copy that the xDS client uses: schemes are registered per copy.
const { Client, credentials } = createRequire(createRequire(import.meta.url).resolve('@grpc/grpc-js-xds'))('@grpc/grpc-js')
const [, , controlPlane = '', method = ''] = process.argv
register()
const bootstrap = {
  xds_servers: [{ server_uri: controlPlane, channel_creds: [{ type: 'insecure' }], server_features: ['xds_v3'] }],
  node: { id: 'grpc', locality: {} },
}
const client = new Client('xds:///greeter', credentials.createInsecure(), {
  'grpc.TEST_ONLY_DO_NOT_USE_IN_PROD.xds_bootstrap_config': JSON.stringify(bootstrap),
})

let last = ''
function call() {
  const deadline = Date.now() + 2000
  client.makeUnaryRequest(method, value => Buffer.from(value), String, 'who?', { deadline }, (error, value) => {
    const answer = error === null ? value : `failed: ${error.message}`
    if (answer !== last) process.stdout.write(`${answer}\n`)
    last = answer
    setTimeout(call, 20)
  })
}
call()
process.once('disconnect', () => process.exit(0))
