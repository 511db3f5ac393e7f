// Calls a target of gRPC's own xDS client again and again, and prints who answered, a line for each call.
// A process of its own, because that client loads a module in a way that does not work inside the test runner.
import { createRequire } from 'node:module'
import { register } from '@grpc/grpc-js-xds'

// The same copy that the xDS client uses: schemes are registered per copy.
const { Client, credentials } = createRequire(createRequire(import.meta.url).resolve('@grpc/grpc-js-xds'))('@grpc/grpc-js')
const [, , bootstrap = '', target = '', method = ''] = process.argv
register()
const client = new Client(target, credentials.createInsecure(), {
  'grpc.TEST_ONLY_DO_NOT_USE_IN_PROD.xds_bootstrap_config': bootstrap,
})

function call() {
  const deadline = Date.now() + 2000
  client.makeUnaryRequest(
    method,
    value => value,
    value => value.subarray(2).toString(),
    Buffer.alloc(0),
    { deadline },
    (error, value) => {
      process.stdout.write(`${error === null ? value : `failed: ${error.message}`}\n`)
      setTimeout(call, 10)
    },
  )
}
call()
process.once('disconnect', () => process.exit(0))
