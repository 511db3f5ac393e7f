export * from './test-api-server.ts'
export { InstallBench } from './install-bench.ts'
