export * from './grpc-endpoint.ts'
export * from './metrics-endpoint.ts'
export * from './metrics.ts'
export * from './mixer-service.ts'
