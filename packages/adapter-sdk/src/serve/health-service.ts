import type { Server, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'

/** `{status: SERVING}` of grpc.health.v1.HealthCheckResponse. */
const SERVING = Buffer.from([0x08, 0x01])

function pass(bytes: Buffer): Buffer {
  return bytes
}

/** `grpc.health.v1.Health/Check`, by which anything that starts adapters can tell that one serves. */
const definition: ServiceDefinition = {
  check: {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: pass,
    requestDeserialize: pass,
    responseSerialize: pass,
    responseDeserialize: pass,
  },
}

const implementation: UntypedServiceImplementation = {
  check: (_call: unknown, callback: (error: null, answer: Buffer) => void) => callback(null, SERVING),
}

export function addHealthService(server: Server): void {
  server.addService(definition, implementation)
}
