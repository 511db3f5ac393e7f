export * from './routes/build-route-table.ts'
export * from './clusters/build-outbound-cluster.ts'
export * from './clusters/build-inbound-cluster.ts'
